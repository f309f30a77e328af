import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import test, { type TestContext } from 'node:test';
import { ADMIN_REFUSALS, RELOAD_RESULTS, zeroes } from '../observe/labels.ts';
import { WorkerStats } from '../observe/stats.ts';
import { exchange } from '../observe/testing/exchange.ts';
import { aNode } from '../pool/testing/nodes.ts';
import { AdminServer } from './admin.ts';
import type { RefusedRequest } from './admin-refusals.ts';
import { type AdminSource, adminRoutes } from './admin-routes.ts';
import type { AdminTokensReading } from './admin-tokens.ts';
import type { Order } from './node-operator.ts';
import { statusOf } from './status.ts';

function status() {
  const stats = new WorkerStats(['a']);
  stats.exchangeEnded(exchange({ bytesIn: 10, bytesOut: 20 }), 0);
  stats.exchangeEnded(exchange({ node: '', bytesIn: 1, bytesOut: 2 }), -1);
  stats.nodeConnections[0] = 3;
  stats.tunnels[0] = 2;
  stats.inFlight = 4;
  const serverUrl = { url: 'https://a.example.com/cobrowse', authority: 'a.example.com', prefix: '/cobrowse' };
  return statusOf({
    observed: {
      version: '1.2.3',
      stats: stats.snapshot(),
      pool: {
        version: 1,
        nodes: [aNode(0, { name: 'a', serverUrl, sessions: 7, reportedAt: 1000, instanceId: 'i-1' })],
      },
      polls: new Map(),
      stateChanges: new Map(),
      incidents: { incidents: new Map(), open: new Map(), sessionsLost: new Map() },
      pairs: { ok: 0, split: 0, skipped: 0 },
      reloads: { counts: zeroes(RELOAD_RESULTS), lastSucceeded: true },
      adminRefusals: zeroes(ADMIN_REFUSALS),
      certificates: [],
      sources: [],
      workers: { listening: 1, restarts: 5, cpuSeconds: 0, residentBytes: 0 },
    },
    pid: 41,
    startedAt: 0,
    now: 61_000,
    readiness: { ready: true },
    listeners: [{ host: '127.0.0.1', port: 8700 }],
    workers: [{ pid: 42, listeningSince: null, retiring: false, cpuSeconds: 0.5, residentBytes: 1000 }],
    held: () => undefined,
  });
}

const SOURCE: AdminSource = {
  metrics: async (format) => (format === 'text' ? 'up 1\n' : 'up 1\n# EOF\n'),
  readiness: () => ({ ready: true }),
  status: async () => status(),
  nodeNames: () => ['a', 'CB_Server_1'],
  node: async (name) => status().nodes.find((node) => node.name === name),
  order: () => undefined,
  reload: async () => ({ result: 'unchanged' }),
};

interface Guard {
  readonly tokens?: AdminTokensReading;
  readonly onRefused?: (request: RefusedRequest) => void;
}

const OPEN: AdminTokensReading = { ok: true, tokens: { read: [], operate: [] } };

function serverOf(source: AdminSource, { tokens = OPEN, onRefused = () => {} }: Guard = {}): AdminServer {
  return new AdminServer({ routes: adminRoutes(source), tokens: () => tokens, onRefused });
}

async function startAdmin(t: TestContext, differences: Partial<AdminSource> = {}, guard?: Guard): Promise<string> {
  const admin = serverOf({ ...SOURCE, ...differences }, guard);
  const { host, port } = await admin.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => admin.close());
  return `http://${host}:${port}`;
}

test('/metrics is OpenMetrics for whoever asks for it', async (t) => {
  const answer = await fetch(`${await startAdmin(t)}/metrics`, { headers: { accept: 'application/openmetrics-text' } });
  assert.equal(answer.headers.get('content-type'), 'application/openmetrics-text; version=1.0.0; charset=utf-8');
  assert.equal(await answer.text(), 'up 1\n# EOF\n');
});

test('/metrics has the content type that scrapers expect', async (t) => {
  const answer = await fetch(`${await startAdmin(t)}/metrics`);
  assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  assert.equal(await answer.text(), 'up 1\n');
});

test('/ready is 503 with the reason while it is not ready; /live stays 200', async (t) => {
  const url = await startAdmin(t, { readiness: () => ({ ready: false, reason: 'no_node' }) });
  const ready = await fetch(`${url}/ready`);
  assert.equal(ready.status, 503);
  assert.deepEqual(await ready.json(), { ready: false, reason: 'no_node' });
  assert.equal((await fetch(`${url}/live`)).status, 200);
});

test('/status tells nodes, states and counts', async (t) => {
  const answer = await fetch(`${await startAdmin(t)}/status`);
  assert.deepEqual(await answer.json(), {
    version: '1.2.3',
    pid: 41,
    startedAt: '1970-01-01T00:00:00.000Z',
    uptimeSeconds: 61,
    readiness: { ready: true },
    listeners: [{ host: '127.0.0.1', port: 8700 }],
    workers: [{ pid: 42, listeningSince: null, retiring: false, cpuSeconds: 0.5, residentBytes: 1000 }],
    workerRestarts: 5,
    traffic: {
      clientConnections: 0,
      inFlight: 4,
      tunnels: 2,
      connectionsAccepted: 0,
      requests: 2,
      bytesIn: 11,
      bytesOut: 22,
    },
    nodes: [
      {
        name: 'a',
        state: 'up',
        ejected: null,
        operator: { state: 'ready' },
        since: '1970-01-01T00:00:00.000Z',
        url: 'http://127.0.0.1:8701/cobrowse',
        tlsFailure: null,
        serverUrl: 'https://a.example.com/cobrowse',
        source: null,
        withdrawn: null,
        weight: 1,
        instanceId: 'i-1',
        sessions: 7,
        capacity: null,
        reportedAt: '1970-01-01T00:00:01.000Z',
        connections: 3,
        tunnels: 2,
        requests: 1,
      },
    ],
    sources: [],
  });
});

test('an unknown path is a 404 and another method a 405, both in JSON', async (t) => {
  const url = await startAdmin(t);
  const unknown = await fetch(`${url}/toString`);
  assert.equal(unknown.status, 404);
  assert.equal(((await unknown.json()) as { error: { code: string } }).error.code, 'not_found');
  const method = await fetch(`${url}/metrics`, { method: 'POST' });
  assert.equal(method.status, 405);
  assert.equal(method.headers.get('allow'), 'GET, HEAD');
  assert.equal(((await method.json()) as { error: { code: string } }).error.code, 'method_not_allowed');
});

test('HEAD has the headers of GET and no body; a query does not matter', async (t) => {
  const answer = await fetch(`${await startAdmin(t)}/metrics?x=1`, { method: 'HEAD' });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-length'), '5');
  assert.equal(await answer.text(), '');
});

test('a failing source is a 500 in JSON, not the end of the process', async (t) => {
  const url = await startAdmin(t, { metrics: () => Promise.reject(new Error('no metrics')) });
  const answer = await fetch(`${url}/metrics`);
  assert.equal(answer.status, 500);
  assert.deepEqual(await answer.json(), { error: { code: 'internal', message: 'no metrics' } });
});

test('orders for a node are POST, by its name, and answered with what has come of them', async (t) => {
  const orders: [string, Order][] = [];
  const url = await startAdmin(t, {
    order: (node, order) => {
      if (node !== 'a') return undefined;
      orders.push([node, order]);
      return { persisted: true };
    },
  });
  const post = async (path: string): Promise<{ status: number; body: Record<string, unknown> }> => {
    const answer = await fetch(url + path, { method: 'POST' });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const drained = await post('/nodes/a/drain?deadline=10m');
  assert.equal(drained.status, 200);
  assert.deepEqual([drained.body.name, drained.body.persisted], ['a', true]);
  for (const path of ['/nodes/a/drain', '/nodes/a/ready', '/nodes/%61/maintenance']) {
    assert.equal((await post(path)).status, 200);
  }
  assert.deepEqual(orders, [
    ['a', { kind: 'drain', deadlineMs: 600_000 }],
    ['a', { kind: 'drain', deadlineMs: undefined }],
    ['a', { kind: 'ready' }],
    ['a', { kind: 'maintenance' }],
  ]);
  for (const [path, status, code] of [
    ['/nodes/b/drain', 404, 'unknown_node'],
    ['/nodes/a/b/drain', 404, 'not_found'],
    ['/nodes//drain', 404, 'not_found'],
    ['/nodes/%zz/drain', 404, 'not_found'],
    ['/nodes/a/drain?deadline=soon', 400, 'bad_request'],
    ['/status', 405, 'method_not_allowed'],
  ] as const) {
    const { status: got, body } = await post(path);
    assert.deepEqual([got, body.error], [status, { code, message: (body.error as { message: string }).message }], path);
  }
  assert.equal(orders.length, 4);
  const meant = (await post('/nodes/CB_Servr_1/ready')).body.error as { message: string };
  assert.equal(meant.message, 'No node is named "CB_Servr_1"; did you mean CB_Server_1?');
  const get = await fetch(`${url}/nodes/a/drain`);
  assert.deepEqual([get.status, get.headers.get('allow')], [405, 'POST']);
  assert.equal(((await (await fetch(`${url}/nodes/a`)).json()) as { name: string }).name, 'a');
});

test('who may not ask gets nothing, and is told of without what was asked for', async (t) => {
  const untouched = () => assert.fail('it was carried out');
  const refused: RefusedRequest[] = [];
  const onRefused = (request: RefusedRequest): void => void refused.push(request);
  const sources = { order: untouched, status: untouched, node: untouched };
  const tokens = { read: ['read-token'], operate: ['operate-token'] };
  const guarded = await startAdmin(t, sources, { tokens: { ok: true, tokens }, onRefused });
  const bearer = { authorization: 'Bearer read-token' };
  for (const [method, path, headers, status, challenge] of [
    ['POST', '/nodes/a/drain', {}, 401, 'Bearer realm="cobrowse-proxy admin"'],
    ['GET', '/status', { authorization: 'Bearer other' }, 401, /, error="invalid_token"$/],
    ['HEAD', '/nodes/a', {}, 401, 'Bearer realm="cobrowse-proxy admin"'],
    ['POST', '/nodes/a/drain', bearer, 403, /, error="insufficient_scope", scope="operate"$/],
    ['GET', '/live', { origin: 'https://evil.example' }, 403, null],
  ] as const) {
    const answer = await fetch(guarded + path, { method, headers });
    assert.equal(answer.status, status, path);
    const said = answer.headers.get('www-authenticate');
    if (challenge instanceof RegExp) assert.match(said ?? '', challenge);
    else assert.equal(said, challenge);
  }
  const [first] = refused;
  const route = '/nodes/{name}/drain';
  assert.deepEqual(first, { code: 'unauthorized', client: '127.0.0.1', route, reason: undefined });
  assert.equal(refused.length, 5);
  assert.equal((await fetch(`${guarded}/metrics`, { headers: bearer })).status, 200);
  assert.equal((await fetch(`${guarded}/ready`)).status, 200, 'a probe needs no token');
});

test('who sends too many wrong tokens has to wait, also with a right one, unless it was right there before', async (t) => {
  const refused: RefusedRequest[] = [];
  const tokens = { read: ['read-token'], operate: ['operate-1', 'operate-2'] };
  const callers: unknown[] = [];
  const order: AdminSource['order'] = (_, __, by) => {
    callers.push(by);
    return { persisted: true };
  };
  const guard = { tokens: { ok: true, tokens }, onRefused: (one: RefusedRequest) => void refused.push(one) } as const;
  const url = await startAdmin(t, { order }, guard);
  const send = async (token: string) => {
    const answer = await fetch(`${url}/nodes/a/ready`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    await answer.text();
    return answer;
  };
  assert.equal((await send('operate-2')).status, 200);
  assert.deepEqual(callers, [{ client: '127.0.0.1', token: 'operate 2' }]);
  for (let guess = 0; guess < 20; guess++) assert.equal((await send(`guess-${guess}`)).status, 401);
  for (const token of ['guess-20', 'operate-1', 'read-token']) {
    const answer = await send(token);
    assert.equal(answer.status, 429, token);
    assert.match(answer.headers.get('retry-after') ?? '', /^[1-9]\d?$/);
  }
  assert.equal(refused.at(-1)?.code, 'too_many_attempts');
  assert.equal((await send('operate-2')).status, 200);
  assert.equal((await fetch(`${url}/nodes/a`)).status, 401, 'without a token there is none to guess');
  assert.equal((await fetch(`${url}/ready`)).status, 200);
});

test('while a token file cannot be read nobody but a probe is answered, and only the log says which', async (t) => {
  const refused: RefusedRequest[] = [];
  const reading = { ok: false, option: 'tokenFile', reason: '/x: no such file' } as const;
  const url = await startAdmin(t, {}, { tokens: reading, onRefused: (request) => void refused.push(request) });
  const answer = await fetch(`${url}/status`);
  assert.equal(answer.status, 500);
  assert.doesNotMatch(await answer.text(), /\/x/);
  assert.deepEqual(
    refused.map(({ code, reason }) => [code, reason]),
    [['token_unreadable', '/x: no such file']],
  );
  assert.equal((await fetch(`${url}/live`)).status, 200);
});

test('closing ends open connections at once', async (t) => {
  const admin = serverOf(SOURCE);
  const { host, port } = await admin.listen({ host: '127.0.0.1', port: 0 });
  const client = connect(port, host);
  t.after(() => client.destroy());
  client.on('error', () => {});
  await once(client, 'connect');
  client.write('GET /live HTTP/1.1\r\n');
  const closed = new Promise((resolve) => client.once('close', resolve));
  await admin.close();
  await closed;
});
