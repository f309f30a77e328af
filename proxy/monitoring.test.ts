/**
 * Rules and dashboard as they are deployed, against a real Prometheus that scrapes a real cluster under a little load.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { skipWithout } from '../config/testing/installed.ts';
import { configFile } from './control/testing/proxy-process.ts';
import { writeCertificate } from './testing/certificate-files.ts';
import { mint } from './testing/certificates.ts';
import { ask } from './testing/http-client.ts';
import { startNodeProcess } from './testing/node-process.ts';
import { Prometheus } from './testing/prometheus.ts';
import { RawClient } from './testing/raw-client.ts';
import { nodesAt, startProxyFrom } from './testing/running-proxy.ts';
import { openTunnel } from './testing/tunnel.ts';
import { until } from './testing/until.ts';

const DEPLOY = fileURLToPath(new URL('../config/deploy/', import.meta.url));
const SESSIONS = '/cobrowse/rest/live/sessions';
const LOAD_PAUSE_MS = 100;
/** Twice as many before a query is said to find nothing. */
const MORE_SCRAPES = 15;

const ruleFile = z.object({
  groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string().optional(), expr: z.string() })) })),
});
const panel = z.discriminatedUnion('type', [
  z.object({ type: z.literal('row') }),
  z.object({
    type: z.enum(['stat', 'timeseries', 'state-timeline']),
    title: z.string(),
    targets: z.array(z.object({ expr: z.string() })).min(1),
  }),
]);
const dashboard = z.object({
  panels: z.array(panel),
  annotations: z.object({ list: z.array(z.object({ name: z.string(), expr: z.string() })) }),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string(), query: z.unknown() })) }),
});
const ruleStates = z.object({
  groups: z.array(z.object({ rules: z.array(z.object({ name: z.string(), health: z.string() })) })),
});

/** Series that stand in a query, with their matchers: what comes out of it may be nothing, they may not. */
function selectorsOf(expression: string): readonly string[] {
  return expression.match(/\b(?:cobrowse_\w+|\w+:cobrowse_\w+:\w+|up)\b(?:\{[^}]*\})?/g) ?? [];
}

function increasesIn(expression: string): readonly string[] {
  return [...expression.matchAll(/increase\((.*?)\[\w+\]\)/g)].map(([, selector = '']) => selector);
}

/** As Grafana fills it in, with everything chosen. */
function filledIn(expression: string): string {
  return expression.replaceAll('$__rate_interval', '1h').replaceAll(/\$(?:cluster|namespace|proxy|node)\b/g, '.*');
}

test('every query of the dashboard and of the rules finds what it asks for', {
  skip: skipWithout('prometheus'),
}, async (t) => {
  const nodes = await Promise.all(['CB_1', 'CB_2'].map((name) => startNodeProcess(t, { name, metrics: true })));
  const token = (await readFile(join(DEPLOY, 'prometheus/read-token'), 'utf8')).trim();
  const file = await configFile(t, {
    listeners: [{ port: 0 }, { port: 0, tls: { certificates: [{ cert: 'a.pem', key: 'a.key' }] } }],
    admin: { port: 0, readToken: token },
    workers: 1,
    nodes: nodesAt(nodes),
    discovery: { dns: [{ name: 'nodes.invalid', servers: ['127.0.0.1:9'] }] },
    // So long that what is bound to the node that dies is told so for the rest of the test.
    affinity: { reconnectGrace: '10m' },
  });
  await writeCertificate(dirname(file), 'a', mint({ names: ['cobrowse.test'] }));
  const { proxy, port, admin } = await startProxyFrom(t, file);
  const [, secure = { port: 0 }] = (await proxy.listening()).listeners;
  const labels = { cluster: 'here', namespace: 'test' };
  const prometheus = await Prometheus.start(
    t,
    await besides(dirname(file), [
      ['proxies', [{ targets: [`127.0.0.1:${admin}`], labels }]],
      [
        'nodes',
        nodes.map(({ name, metricsPort }) => ({
          targets: [`127.0.0.1:${metricsPort}`],
          labels: { ...labels, node: name },
        })),
      ],
    ]),
  );
  const scrapes = async (): Promise<number> => {
    const counts = await prometheus.query('count_over_time(up{job="cobrowse-proxy"}[1h])');
    return counts[0]?.value ?? 0;
  };
  const askNode = (name: string, path: string) => ask(port, { path, headers: { cookie: `gcbSessionServer=${name}` } });
  const [living = '', dying = ''] = nodes.map(({ name }) => name);
  const load = async (): Promise<void> => {
    await ask(port, { method: 'POST', path: SESSIONS });
    await ask(port, { path: `${SESSIONS}/123456789`, headers: { origin: 'http://127.0.0.1:8700' } });
    await askNode(living, '/cobrowse/demo/');
    await askNode(dying, '/cobrowse/cometd');
    await sleep(LOAD_PAUSE_MS);
  };
  /**
   * The load goes on until there are two more scrapes: a counter that was not there before shows no increase at first.
   */
  const loaded = async (): Promise<void> => {
    const enough = (await scrapes()) + 2;
    await until(scrapes, (count) => count >= enough, load);
  };

  await until(
    () => prometheus.query('sum(up)'),
    ([sample]) => sample?.value === 1 + nodes.length,
  );
  const rules = ruleFile
    .parse(parse(await readFile(join(DEPLOY, 'prometheus/rules.yaml'), 'utf8')))
    .groups.flatMap((group) => group.rules);
  // What only comes when it is first counted shows no increase then, and nobody would be told of the first time.
  const counters = rules.flatMap(({ alert, expr }) => (alert === undefined ? [] : increasesIn(expr)));
  assert.ok(counters.length > 5);
  for (const counter of counters) assert.notEqual((await prometheus.query(counter)).length, 0, counter);
  await openTunnel(t, port, `gcbSessionServer=${living}`);
  await shakeHands(secure.port);
  await loaded();
  await nodes[1]?.crash();
  await until(
    () => askNode(dying, '/cobrowse/cometd'),
    ({ status }) => status === 503,
  );
  await loaded();
  // That a node has failed is pending, before it fires.
  await until(
    () => prometheus.query('ALERTS'),
    (alerts) => alerts.length > 0,
    load,
  );

  const queries: (readonly [where: string, expression: string])[] = [];
  const { panels, annotations, templating } = dashboard.parse(
    JSON.parse(await readFile(join(DEPLOY, 'grafana/dashboards/cobrowse.json'), 'utf8')),
  );
  for (const shown of panels) {
    if (shown.type === 'row') continue;
    for (const { expr } of shown.targets) queries.push([shown.title, expr]);
  }
  for (const { name, expr } of annotations.list) queries.push([name, expr]);
  for (const { name, type, query } of templating.list) {
    if (type === 'query') queries.push([`$${name}`, variableQuery(query)]);
  }
  for (const { alert, expr } of rules) {
    // An alert that finds nothing is one that does not fire.
    if (alert === undefined) queries.push([expr, expr]);
    else for (const selector of selectorsOf(expr)) queries.push([alert, selector]);
  }
  const faults = async (): Promise<readonly string[]> => {
    const found: string[] = [];
    for (const [where, expression] of queries) {
      if ((await prometheus.query(filledIn(expression))).length === 0) found.push(`${where}: ${expression}`);
    }
    const { groups } = ruleStates.parse(await prometheus.read('/api/v1/rules'));
    for (const { name, health } of groups.flatMap((group) => group.rules)) {
      if (health !== 'ok') found.push(`${name} is ${health}`);
    }
    return found;
  };
  let found = await faults();
  // On a busy machine a scrape or an evaluation may be missing, and a rate needs the next ones.
  for (let more = 0; found.length > 0 && more < MORE_SCRAPES; more++) {
    await loaded();
    found = await faults();
  }
  assert.deepEqual(found, []);

  const authorization = `Bearer ${token}`;
  for (const port of [admin, nodes[0]?.metricsPort ?? 0]) {
    const { body } = await ask(port, { path: '/metrics', headers: { authorization } });
    const { status, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: body, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  }
});

/** The deployed configuration in a directory, with these targets and in a hurry; its path. */
async function besides(
  directory: string,
  targets: readonly (readonly [name: string, list: object])[],
): Promise<string> {
  const file = join(directory, 'prometheus.yaml');
  const deployed = await readFile(join(DEPLOY, 'prometheus/prometheus.yaml'), 'utf8');
  await writeFile(file, deployed.replaceAll(/(_(?:interval|timeout)): 1[05]s$/gm, '$1: 1s'));
  for (const name of ['rules.yaml', 'read-token'])
    await copyFile(join(DEPLOY, 'prometheus', name), join(directory, name));
  await mkdir(join(directory, 'targets'));
  for (const [name, list] of targets) await writeFile(join(directory, `targets/${name}.yaml`), JSON.stringify(list));
  return file;
}

/** `label_values(selector, label)` is Grafana's own. */
function variableQuery(query: unknown): string {
  const { query: text } = z.object({ query: z.string() }).parse(query);
  const [, selector = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(text) ?? [];
  const labelled = selector.replace(/\}?$/, (end) => `${end === '' ? '{' : ','}${label}!=""}`);
  return `count by (${label}) (${labelled})`;
}

async function shakeHands(port: number): Promise<void> {
  const client = await RawClient.openTls(port);
  client.close();
}
