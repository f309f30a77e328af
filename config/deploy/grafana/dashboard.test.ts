/** What Grafana would show without a word: panels over each other, a variable that is none, a unit forgotten. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';

const textOf = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

/** The one that is chosen at the top, whatever it is called. */
const datasource = z.strictObject({ type: z.literal('prometheus'), uid: z.literal('$' + '{datasource}') });
const place = z.strictObject({ x: z.int(), y: z.int(), w: z.int(), h: z.int() });
const shown = z.object({
  id: z.int(),
  type: z.enum(['stat', 'timeseries', 'state-timeline']),
  title: z.string().min(1),
  gridPos: place,
  datasource,
  fieldConfig: z.object({
    defaults: z.object({ unit: z.string().optional(), mappings: z.array(z.unknown()).default([]) }),
  }),
  targets: z.array(z.object({ refId: z.string(), expr: z.string(), legendFormat: z.string().default(''), datasource })),
});
const { uid, panels, templating, annotations } = z
  .object({
    uid: z.string(),
    panels: z.array(
      z.union([shown, z.object({ id: z.int(), type: z.literal('row'), title: z.string(), gridPos: place })]),
    ),
    templating: z.object({ list: z.array(z.object({ name: z.string(), datasource: datasource.optional() })) }),
    annotations: z.object({ list: z.array(z.object({ expr: z.string(), datasource })) }),
  })
  .parse(JSON.parse(textOf('dashboards/cobrowse.json')));

const graphs = panels.filter((panel) => panel.type !== 'row');
const targets = graphs.flatMap((panel) => panel.targets);

test('panels have an id and a place of their own, and say in which unit they are', () => {
  assert.notEqual(uid, '');
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  const taken = new Map<string, string>();
  for (const { title, gridPos } of panels) {
    assert.ok(gridPos.x + gridPos.w <= 24, title);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        assert.equal(taken.get(`${x},${y}`), undefined, `${title} is over another panel`);
        taken.set(`${x},${y}`, title);
      }
    }
  }
  for (const { title, fieldConfig } of graphs) {
    const { unit, mappings } = fieldConfig.defaults;
    assert.ok(unit !== undefined || mappings.length > 0, title);
  }
});

test('what is chosen at the top holds for every query', () => {
  const known = templating.list.map(({ name }) => name);
  for (const { expr } of [...targets, ...annotations.list]) {
    for (const [, name = ''] of expr.matchAll(/\$(?!__)(\w+)/g)) assert.ok(known.includes(name), `$${name}`);
    for (const [selector] of expr.matchAll(/\b(?:cobrowse_\w+|ALERTS)\b(?:\{[^}]*\})?/g)) {
      assert.match(selector, /cluster=~"\$cluster",namespace=~"\$namespace"/);
      if (selector.startsWith('cobrowse_proxy_')) assert.match(selector, /instance=~"\$proxy"/);
      if (selector.startsWith('cobrowse_node_')) assert.match(selector, /node=~"\$node"/);
    }
  }
});

test('a legend names what there is to tell apart', () => {
  for (const { expr, legendFormat } of targets) {
    const kept = [...expr.matchAll(/ by \(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(', '));
    for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) assert.ok(kept.includes(label), expr);
  }
  for (const { title, targets } of graphs) {
    assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title);
    assert.equal(new Set(targets.map(({ legendFormat }) => legendFormat)).size, targets.length, title);
  }
});

test('the rate interval of Grafana is made of the interval that Prometheus scrapes at', () => {
  const prometheus = z
    .object({ global: z.object({ scrape_interval: z.string() }) })
    .parse(parse(textOf('../prometheus/prometheus.yaml')));
  const { datasources } = z
    .object({ datasources: z.array(z.object({ jsonData: z.object({ timeInterval: z.string() }) })) })
    .parse(parse(textOf('provisioning/datasources/prometheus.yaml')));
  for (const { jsonData } of datasources) assert.equal(jsonData.timeInterval, prometheus.global.scrape_interval);
});
