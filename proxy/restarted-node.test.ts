/** A node that is killed and started again at the same address: its old sessions are told lost, on every replica. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { freePort } from '../config/testing/free-ports.ts';
import type { SessionAnswer } from './control/report-answers.ts';
import { ask, type HttpAnswer, refusalCode } from './testing/http-client.ts';
import { type NodeProcess, startNodeProcess } from './testing/node-process.ts';
import { nodesAt, type RunningProxy, startProxy } from './testing/running-proxy.ts';
import { askForTunnel, openTunnel } from './testing/tunnel.ts';
import { until } from './testing/until.ts';

const LIVE = '/cobrowse/cometd';
const ORIGIN = 'https://shop.example.com';

interface Created {
  readonly sessionToken: string;
  readonly sessionServerName: string;
}

function startReplica(t: TestContext, nodes: readonly NodeProcess[]): Promise<RunningProxy> {
  return startProxy(t, {
    workers: 1,
    health: { interval: '100ms', fastInterval: '50ms' },
    affinity: { reconnectGrace: '10m' },
    log: { access: false },
    nodes: nodesAt(nodes),
  });
}

const create = ({ port }: RunningProxy, cookie = ''): Promise<HttpAnswer> =>
  ask(port, { method: 'POST', path: '/cobrowse/rest/live/sessions', headers: { cookie } });

/** One Bayeux message of the long-polling transport. */
const say = ({ port }: RunningProxy, cookie: string, message: object): Promise<HttpAnswer> =>
  ask(port, {
    method: 'POST',
    path: LIVE,
    headers: { cookie, origin: ORIGIN, 'content-type': 'application/json' },
    body: JSON.stringify([message]),
  });

const HANDSHAKE = {
  channel: '/meta/handshake',
  version: '1.0',
  supportedConnectionTypes: ['long-polling', 'websocket'],
};

/** What a browser would send from now on. */
function cookiesAfter(answer: HttpAnswer, before = ''): string {
  const jar = new Map(before.split('; ').flatMap((pair) => (pair === '' ? [] : [pair.split('=') as [string, string]])));
  for (const line of answer.headers['set-cookie'] ?? []) {
    const [name = '', value = ''] = line.split(';')[0]?.split('=') ?? [];
    if (line.includes('Max-Age=0')) jar.delete(name);
    else jar.set(name, value);
  }
  return [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
}

async function storyOf({ read }: RunningProxy, token: string): Promise<SessionAnswer> {
  return JSON.parse(await read(`/sessions/${token}`));
}

test('sessions of a node that was restarted are told lost, and only those', async (t) => {
  const nodes = await Promise.all(
    ['CB_1', 'CB_2'].map(async (name) => startNodeProcess(t, { name, port: await freePort() })),
  );
  const replica = await startReplica(t, nodes);

  const created = await create(replica);
  const { sessionToken, sessionServerName } = JSON.parse(created.body) as Created;
  const node = nodes.find(({ name }) => name === sessionServerName);
  assert.ok(node);
  const shaken = await say(replica, cookiesAfter(created), HANDSHAKE);
  const cookie = cookiesAfter(shaken, cookiesAfter(created));
  assert.match(cookie, new RegExp(`gcbSessionServerInstance=${node.name}~[0-9a-f-]{36}~[0-9a-z]+~[0-9a-f]{24}(;|$)`));
  const [{ clientId }] = JSON.parse(shaken.body);
  const poll = (to: RunningProxy): Promise<HttpAnswer> =>
    say(to, cookie, { channel: '/meta/connect', clientId, connectionType: 'long-polling' });
  const webSocket = await openTunnel(t, replica.port, cookie);
  assert.match(webSocket.received, /Set-Cookie: gcbSessionServerInstance=.*~[0-9a-f]{24}; Path=\/\r\n/);

  const open = await until(
    () => storyOf(replica, sessionToken),
    ({ events }) => events.some(({ termination }) => termination === 'open'),
  );
  const tunnel = open.events.find(({ tunnel }) => tunnel);
  assert.deepEqual(
    [tunnel?.class, tunnel?.node, tunnel?.by, tunnel?.namedBy, tunnel?.durationMs],
    ['live', node.name, 'cookie', 'cookie', null],
  );

  const held = poll(replica);
  await node.crash();
  assert.equal(refusalCode(await held), 'node_unreachable');
  await webSocket.untilEnd();
  webSocket.close();
  // Or a client could reach the new process before any poll of the proxy has.
  await until(replica.status, (now) => now.nodes.some(({ name, state }) => name === node.name && state === 'down'));
  await startNodeProcess(t, { name: node.name, port: node.port });

  const lost = await until(
    () => poll(replica),
    (answer) => refusalCode(answer) !== 'node_unreachable',
  );
  assert.deepEqual([lost.status, refusalCode(lost)], [503, 'session_lost']);
  assert.equal(lost.headers['access-control-allow-origin'], ORIGIN);
  assert.doesNotMatch(cookiesAfter(lost, cookie), /gcbSessionServer/);
  const refused = await askForTunnel(t, replica.port, cookie);
  assert.match(await refused.until('}'), /^HTTP\/1\.1 503 .*"session_lost"/s);

  // A replica that has seen neither the session nor the old process.
  const late = await startReplica(t, nodes);
  assert.equal(refusalCode(await poll(late)), 'session_lost');

  for (const to of [replica, late]) {
    const next: HttpAnswer = await until(
      () => create(to, cookie),
      ({ body }) => (JSON.parse(body) as Created).sessionServerName === node.name,
    );
    assert.equal(next.status, 200);
    const renewed = cookiesAfter(next, cookie);
    for (const by of [replica, late]) {
      const answer = await say(by, renewed, HANDSHAKE);
      assert.equal(JSON.parse(answer.body)[0].successful, true, answer.body);
    }
  }

  const story = await storyOf(replica, sessionToken);
  const facts = story.events.map((event) => `${event.class} ${event.namedBy} ${event.error ?? event.termination}`);
  for (const fact of ['create token completed', 'live cookie node_unreachable', 'live cookie session_lost']) {
    assert.ok(facts.includes(fact), facts.join('\n'));
  }
  assert.ok(story.events.every(({ termination }) => termination !== 'open'));
  assert.deepEqual([story.owner?.node, story.owner?.knownBy], [node.name, 'create']);
  const metrics = await replica.read('/metrics');
  assert.match(metrics, /cobrowse_proxy_pair_check_total\{result="ok"\} [1-9]/);
  assert.match(metrics, /cobrowse_proxy_pair_check_total\{result="split"\} 0/);
});
