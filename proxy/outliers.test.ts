/** Nodes that are well at `/health` and nowhere else, before the whole proxy as it is deployed. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessOptions } from './control/testing/proxy-process.ts';
import { ask, type HttpAnswer, refusalCode } from './testing/http-client.ts';
import { nodesAt, startProxy } from './testing/running-proxy.ts';
import { StoryNode } from './testing/story-node.ts';
import { openTunnel } from './testing/tunnel.ts';
import { until } from './testing/until.ts';

const SESSIONS = '/cobrowse/rest/live/sessions';
const TO_FIRST = { cookie: 'gcbSessionServer=CB_1' };

async function start(t: TestContext, outliers: object, process: ProcessOptions = {}) {
  const nodes = await Promise.all(['CB_1', 'CB_2', 'CB_3'].map((name) => StoryNode.start(t, name)));
  const configuration = {
    workers: 2,
    balance: 'round-robin',
    affinity: { reconnectGrace: '1s' },
    health: { interval: '100ms', fastInterval: '50ms', slowStart: '0ms', outliers },
    log: { access: false },
    nodes: nodesAt(nodes),
  };
  const running = await startProxy(t, configuration, process);
  const { port, read } = running;
  const states = async () => (await running.status()).nodes;
  const [first] = nodes;
  assert.ok(first);
  return {
    ...running,
    nodes,
    first,
    states,
    metrics: () => read('/metrics'),
    create: (headers = {}): Promise<HttpAnswer> => ask(port, { method: 'POST', path: SESSIONS, headers }),
    poll: (): Promise<HttpAnswer> => ask(port, { path: '/cobrowse/cometd/connect', headers: TO_FIRST }),
    firstIs: (state: string, ejected: string | null, meanwhile?: () => Promise<unknown>) =>
      until(states, ([node]) => node?.state === state && node.ejected === ejected, meanwhile),
  };
}

/** Traffic that shows what a node does, at a pace. */
async function askPage(port: number): Promise<void> {
  await ask(port, { path: '/cobrowse/page' });
  await sleep(10);
}

test('a node that answers with errors gets nothing new, keeps its tunnels and sessions, and comes back', async (t) => {
  const { first, port, proxy, states, incidents, metrics, create, poll, firstIs } = await start(t, {
    ejection: '500ms',
  });
  const tunnel = await openTunnel(t, port, TO_FIRST.cookie);

  first.mood = 'errors';
  await firstIs('draining', 'errors', () => askPage(port));
  await proxy.says(/node CB_1 goes from up to draining: it answers with errors only/);
  // It is on trial in between.
  await until(
    metrics,
    (text) => text.includes('cobrowse_proxy_node_ejected{node="CB_1",cause="errors"} 1\n'),
    () => askPage(port),
  );

  // As long as it is out: it may be on trial in any moment.
  const created = await create(TO_FIRST);
  const [now] = await states();
  if (now?.ejected === 'errors') {
    assert.equal(created.status, 200);
    assert.notEqual(JSON.parse(created.body).sessionServerName, 'CB_1');
  }
  const bound = await poll();
  assert.equal(bound.status, 500, 'the answer of the node itself');
  assert.equal(tunnel.ended, false);

  first.mood = 'well';
  await firstIs('up', null);
  assert.equal((await poll()).status, 200);
  assert.equal(tunnel.ended, false);
  const all = await until(incidents, (found) => found.every(({ recoveredAt }) => recoveredAt !== null));
  const incident = all.find(({ cause }) => cause === 'errors');
  assert.deepEqual([incident?.kind, incident?.node, incident?.sessionsLost], ['ejection', 'CB_1', 0]);
});

test('a node that is hung elsewhere is as good as dead: tunnels closed, polls told, sessions lost, until it answers', async (t) => {
  const { first, port, proxy, incidents, create, poll, firstIs } = await start(
    t,
    { hung: '500ms' },
    // It is found hung by a look-up, which has the time of a health poll.
    { env: process.env },
  );
  const tunnel = await openTunnel(t, port, TO_FIRST.cookie);

  first.mood = 'hung';
  const held = poll();
  const creations = [1, 2, 3].map(() => create(TO_FIRST));
  assert.equal(refusalCode(await held), 'node_unreachable');
  await tunnel.untilEnd();
  tunnel.close();
  const answers = await Promise.all(creations);
  // On a busy machine one may come when the node is known to be hung, and go to another.
  const arrived = answers.filter(({ status }) => status !== 200);
  assert.equal(arrived.length, first.unanswered);
  for (const { status } of arrived) assert.equal(status, 502, 'it may have arrived');
  // A loaded machine may find it dead by a late poll first: whoever goes on asking finds it hung.
  await firstIs('down', 'hung', () => {
    for (let n = 0; n < 3; n++) create(TO_FIRST).catch(() => {});
    return sleep(200);
  });
  await proxy.says(/node CB_1 goes from up to down: it answers its health polls and nothing else/);
  const next = await create(TO_FIRST);
  assert.equal(next.status, 200);
  assert.notEqual(JSON.parse(next.body).sessionServerName, 'CB_1');
  await until(poll, (answer) => refusalCode(answer) === 'session_lost');

  first.mood = 'well';
  await firstIs('up', null);
  await until(poll, ({ status }) => status === 200);
  const all = await until(incidents, (found) => found.every(({ recoveredAt }) => recoveredAt !== null));
  const incident = all.find(({ cause }) => cause === 'hung');
  assert.deepEqual([incident?.kind, incident?.node], ['ejection', 'CB_1']);
  assert.ok((incident?.detectionMs ?? 0) >= 500, 'counted from the first unanswered request');
});

test('slow requests eject nobody who answers others', async (t) => {
  const { port, states, incidents } = await start(t, { hung: '300ms' });
  const slow = [1, 2, 3, 4].map(() => ask(port, { path: '/cobrowse/slow', headers: TO_FIRST }));
  for (const answer of await Promise.all(slow)) assert.equal(answer.status, 200);
  for (const { name, ejected } of await states()) assert.equal(ejected, null, name);
  const causes = (await incidents()).map(({ cause }) => cause);
  assert.ok(!causes.includes('hung') && !causes.includes('errors'), causes.join());
});

test('when all nodes err, that is the application: most of them stay in', async (t) => {
  const { nodes, port, states, create } = await start(t, { ejection: '1h' });
  for (const node of nodes) node.mood = 'errors';
  await until(
    states,
    (all) => all.some(({ ejected }) => ejected === 'errors'),
    () => askPage(port),
  );
  for (let n = 0; n < 30; n++) assert.equal((await create()).status, 500, 'the answer of a node');
  const ejected = (await states()).filter((node) => node.ejected !== null);
  assert.equal(ejected.length, 1);
});
