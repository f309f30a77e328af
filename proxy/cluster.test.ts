/**
 * The whole thing as it is deployed: bundled nodes and proxies as processes of their own, known by the wire alone. Two
 * replicas with two workers each stand before the same nodes, and share nothing.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { freePort } from '../config/testing/free-ports.ts';
import { ask, type HttpAnswer, refusalCode } from './testing/http-client.ts';
import { type NodeProcess, startNodeProcess } from './testing/node-process.ts';
import { nodesAt, type RunningProxy, startProxy } from './testing/running-proxy.ts';
import { until } from './testing/until.ts';

const ORIGIN = 'http://127.0.0.1:8700';
const NAMES = ['CB_Server_1', 'CB_Server_2', 'CB.Server-3'];

interface Session {
  readonly sessionToken: string;
  readonly sessionServerName: string;
  readonly sessionServerUrl?: string;
}

function startReplica(
  t: TestContext,
  nodes: readonly NodeProcess[],
  port: number,
  options = {},
): Promise<RunningProxy> {
  return startProxy(t, {
    listeners: [{ port }],
    workers: 2,
    health: { interval: '200ms', fastInterval: '50ms' },
    log: { access: false },
    ...options,
    nodes: nodesAt(nodes).map((node) => ({ ...node, serverUrl: `http://127.0.0.1:${port}/${node.name}/cobrowse` })),
  });
}

/** The nodes' own URLs name the first replica's port, which therefore has to be known before they start. */
async function startNodes(t: TestContext, port: number): Promise<readonly NodeProcess[]> {
  return Promise.all(
    NAMES.map(async (name) =>
      startNodeProcess(t, {
        name,
        // One of them is started again there.
        port: await freePort(),
        serverUrl: `http://127.0.0.1:${port}/${name}/cobrowse`,
      }),
    ),
  );
}

const create = (port: number, headers = {}): Promise<HttpAnswer> =>
  ask(port, { method: 'POST', path: '/cobrowse/rest/live/sessions', headers });

const find = (port: number, token: string, headers = {}): Promise<HttpAnswer> =>
  ask(port, { path: `/cobrowse/rest/live/sessions/${token}`, headers: { Origin: ORIGIN, ...headers } });

const sessionOf = ({ body }: HttpAnswer): Session => JSON.parse(body) as Session;

const cookieOf = ({ headers }: HttpAnswer): string => headers['set-cookie']?.[0]?.split(';')[0] ?? '';

test('a session is found on its node by every worker and replica, and by its own URL', async (t) => {
  const port = await freePort();
  const nodes = await startNodes(t, port);
  const [first, second] = await Promise.all([startReplica(t, nodes, port), startReplica(t, nodes, 0)]);

  const names = new Set<string>();
  for (let i = 0; i < 6; i++) {
    const created = await create(first.port);
    assert.equal(created.status, 200);
    const { sessionToken, sessionServerName } = sessionOf(created);
    names.add(sessionServerName);
    assert.equal(cookieOf(created), `gcbSessionServer=${sessionServerName}`);

    // An agent comes without a cookie, on connections that any worker of any replica may accept.
    const answers = await Promise.all(
      [first, second, first, second].map((replica) => find(replica.port, sessionToken)),
    );
    for (const answer of answers) {
      assert.equal(answer.status, 200, answer.body);
      assert.equal(sessionOf(answer).sessionServerName, sessionServerName);
    }

    // A cookie of another node does not lead away from the owner.
    const other = NAMES.find((name) => name !== sessionServerName) ?? '';
    const misled = await find(second.port, sessionToken, { Cookie: `gcbSessionServer=${other}` });
    assert.equal(sessionOf(misled).sessionServerName, sessionServerName);

    // The owner's own URL, called as the answer gives it.
    const url = new URL(sessionOf(misled).sessionServerUrl ?? '');
    const byUrl = await ask(Number(url.port), {
      path: `${url.pathname}/rest/live/sessions/${sessionToken}`,
      headers: { Origin: ORIGIN },
    });
    assert.equal(sessionOf(byUrl).sessionServerName, sessionServerName);
  }
  assert.deepEqual([...names].sort(), [...NAMES].sort(), 'new sessions go to every node');

  const unknown = await find(first.port, '000000000');
  assert.equal(unknown.status, 404);
});

test('a crashed node: new sessions go elsewhere, its own are told unreachable, then lost; all crashed: refused, until one is back', async (t) => {
  const nodes = await startNodes(t, 1);
  // One that goes on waiting for a node that is away, and one that soon gives it up.
  const [{ port, admin, read }, hasty] = await Promise.all([
    startReplica(t, nodes, 0, { affinity: { reconnectGrace: '1h' } }),
    startReplica(t, nodes, 0, { affinity: { reconnectGrace: '100ms' } }),
  ]);
  const created = await create(port);
  const { sessionServerName } = sessionOf(created);
  const headers = { Cookie: cookieOf(created) };
  const poll = (to = port): Promise<HttpAnswer> => ask(to, { method: 'POST', path: '/cobrowse/cometd', headers });

  await nodes.find(({ name }) => name === sessionServerName)?.crash();
  const unreachable = await poll();
  assert.equal(unreachable.status, 503);
  assert.equal(refusalCode(unreachable), 'node_unreachable');
  assert.ok(Number(unreachable.headers['retry-after']) > 0);

  for (let i = 0; i < 6; i++) {
    const next = await create(port, headers);
    assert.equal(next.status, 200);
    assert.notEqual(sessionOf(next).sessionServerName, sessionServerName);
  }

  const lost = await until(
    () => poll(hasty.port),
    (answer) => refusalCode(answer) !== 'node_unreachable',
  );
  assert.equal(lost.status, 503);
  assert.equal(refusalCode(lost), 'session_lost');
  assert.match(lost.headers['set-cookie']?.[0] ?? '', /^gcbSessionServer=; .*Max-Age=0/);

  const body = await read('/metrics');
  assert.match(body, new RegExp(`cobrowse_proxy_node_state\\{node="${sessionServerName}",state="down"\\} 1`));
  assert.match(await hasty.read('/metrics'), /cobrowse_proxy_refusals_total\{code="session_lost"\} [1-9]/);

  // All of them down: a 503 at once, and recovery without a restart.
  assert.equal((await ask(port, { path: '/cobrowse/health' })).status, 200);
  await Promise.all(nodes.map((node) => node.crash()));
  const refused = await create(port);
  assert.equal(refused.status, 503);
  assert.equal(refusalCode(refused), 'no_node_available');
  await until(
    () => ask(admin, { path: '/ready' }),
    ({ status }) => status === 503,
  );
  // The workers hear of it after the primary, which is what the admin listener tells of.
  await until(
    () => ask(port, { path: '/cobrowse/health' }),
    ({ status }) => status === 503,
  );

  const [node] = nodes;
  assert.ok(node);
  await startNodeProcess(t, { name: node.name, port: node.port });
  const recovered = await until(
    () => create(port),
    ({ status }) => status === 200,
  );
  assert.equal(sessionOf(recovered).sessionServerName, node.name);
  assert.equal((await ask(admin, { path: '/ready' })).status, 200);
});
