/** What Prometheus itself says of its configuration and rules, and what it does not look at. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { skipWithout } from '../../testing/installed.ts';

const skip = skipWithout('promtool');
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

const TESTS = ['rules.test.yaml', 'rules.hours.test.yaml'];

const textOf = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

const annotations = z.strictObject({ summary: z.string(), description: z.string(), runbook: z.string() });
const alerting = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['warning', 'critical']) }),
  annotations,
});
const recording = z.strictObject({ record: z.string(), expr: z.string() });
const ruleFile = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), rules: z.array(z.union([alerting, recording])) })),
});
const unitTests = z.object({
  tests: z.array(
    z.object({
      alert_rule_test: z.array(z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()).default([]) })),
    }),
  ),
});

const alerts = ruleFile
  .parse(parse(textOf('rules.yaml')))
  .groups.flatMap(({ rules }) => rules)
  .filter((rule) => 'alert' in rule);

for (const [what, ...args] of [
  ['the configuration', 'check', 'config', 'prometheus.yaml'],
  ['the rules', 'check', 'rules', 'rules.yaml'],
  ['the tests of the rules', 'test', 'rules', ...TESTS],
] as const) {
  test(`promtool takes ${what}`, { skip }, () => {
    const { status, stdout, stderr } = spawnSync('promtool', args, {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout + stderr);
  });
}

test('the tests of the rules see every alert quiet, and see it fire', () => {
  const seen = TESTS.flatMap((file) => unitTests.parse(parse(textOf(file))).tests).flatMap(
    ({ alert_rule_test }) => alert_rule_test,
  );
  for (const { alert } of alerts) {
    const times = seen.filter(({ alertname }) => alertname === alert);
    assert.ok(
      times.some(({ exp_alerts }) => exp_alerts.length > 0),
      `${alert} fires`,
    );
    assert.ok(
      times.some(({ exp_alerts }) => exp_alerts.length === 0),
      `${alert} is quiet`,
    );
  }
});

test('what Alertmanager holds back are alerts that there are, by labels that both have', () => {
  const { inhibit_rules } = z
    .object({
      inhibit_rules: z.array(
        z.object({
          source_matchers: z.array(z.string()),
          target_matchers: z.array(z.string()),
          equal: z.array(z.string()),
        }),
      ),
    })
    .parse(parse(textOf('alertmanager.yaml')));
  const labelsOf = (name: string): readonly string[] => {
    const { expr } = alerts.find(({ alert }) => alert === name) ?? assert.fail(name);
    return [...expr.matchAll(/ by \(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(', '));
  };
  for (const { source_matchers, target_matchers, equal } of inhibit_rules) {
    assert.deepEqual(equal.slice(0, 2), ['cluster', 'namespace'], 'never what another cluster has to tell');
    for (const matcher of [...source_matchers, ...target_matchers]) {
      const [, names] = /^alertname =~? "(.*)"$/.exec(matcher) ?? [];
      for (const name of names?.split('|') ?? []) {
        // What is told by the metrics' own labels has those of its target.
        const labels = labelsOf(name);
        for (const label of equal.slice(2))
          assert.ok(labels.length === 0 || labels.includes(label), `${name}: ${label}`);
      }
    }
  }
});

test('every alert has its section in the runbook, and the runbook has no other', () => {
  const sections = [...textOf('../RUNBOOK.md').matchAll(/^### (Cobrowse\w+)$/gm)].map(([, name = '']) => name);
  assert.deepEqual(sections.toSorted(), [...new Set(alerts.map(({ alert }) => alert))].toSorted());
  for (const { alert, annotations } of alerts) {
    assert.equal(annotations.runbook, `config/deploy/RUNBOOK.md#${alert.toLowerCase()}`);
  }
});

test('clusters that differ by a label are told apart: no rule adds them up', () => {
  for (const [, labels = ''] of textOf('rules.yaml').matchAll(/\b(?:by|on) \(([^)]*)\)/g)) {
    assert.ok(labels.startsWith('cluster, namespace'), labels);
  }
  assert.doesNotMatch(textOf('rules.yaml'), /\b(?:sum|min|max|count)\(/, 'an aggregation of everything');
});

test('the comment on `runbook_url` has the command for it', () => {
  const [, command = ''] = /^# {3}(sed .*)$/m.exec(textOf('rules.yaml')) ?? [];
  const { stdout } = spawnSync('sh', ['-euc', command], { cwd: ROOT, encoding: 'utf8' });
  const links = [...stdout.matchAll(/^ {10}runbook_url: "https:\/\/[^"]*\/config\/deploy\/RUNBOOK\.md#\w+"$/gm)];
  assert.equal(links.length, alerts.length);
});
