import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { AdminServer } from './admin.ts';
import { json } from './admin-answer.ts';
import { AdminClient } from './admin-client.ts';
import type { AdminRoute } from './admin-routes.ts';
import { drainNode, orderNode } from './drain-command.ts';
import { Progress } from './progress.ts';

const LOOK_INTERVAL_MS = 1;
const TOKEN = 'a-token-for-tests';

interface Answer {
  readonly state?: 'ready' | 'draining' | 'maintenance';
  readonly remaining?: number;
  readonly drained?: boolean;
  readonly sessions?: number | null;
}

/** The admin listener of a proxy that answers these, one after the other, the last for ever. */
async function setUp(t: TestContext, answers: readonly Answer[], { token = TOKEN, isTTY = false } = {}) {
  const asked: string[] = [];
  const answer = (what: string) => () => {
    const {
      state = 'draining',
      remaining = 0,
      drained = false,
      sessions = remaining,
    } = answers[Math.min(asked.length, answers.length - 1)] ?? {};
    asked.push(what);
    const operator = state === 'ready' ? { state } : { state, since: '', deadline: null, remaining, drained };
    return json(200, { state: 'up', sessions, operator, ...(what !== 'look' && { persisted: false }) });
  };
  const routes: readonly AdminRoute[] = [
    { method: 'GET', access: 'read', path: '/nodes/{name}', answer: answer('look') },
    ...(['drain', 'ready', 'maintenance'] as const).map(
      (order): AdminRoute => ({
        method: 'POST',
        access: 'operate',
        path: `/nodes/{name}/${order}`,
        answer: answer(order),
      }),
    ),
  ];
  const server = new AdminServer({
    routes,
    tokens: () => ({ ok: true, tokens: { read: [], operate: [TOKEN] } }),
    onRefused: () => {},
  });
  const { host, port } = await server.listen({ host: '127.0.0.1', port: 0 });
  const client = new AdminClient({ url: `http://${host}:${port}`, token });
  t.after(async () => {
    await client.close();
    await server.close();
  });
  let out = '';
  let errors = '';
  const progress = new Progress(
    { isTTY, write: (text: string) => (out += text) },
    { isTTY, write: (text: string) => (errors += text) },
  );
  return { client, progress, server, asked, out: () => out, errors: () => errors };
}

test('drain returns with 0 once it is ordered, and warns that a restart would forget it', async (t) => {
  const { client, progress, asked, out, errors } = await setUp(t, [{ remaining: 2 }]);
  assert.equal(await drainNode(client, 'a', { wait: false }, progress, LOOK_INTERVAL_MS), 0);
  assert.deepEqual(asked, ['drain']);
  assert.equal(out(), 'a is draining: 2 sessions left\n');
  assert.match(errors(), /^cobrowse-proxy: a restart of the proxy would make it ready again[^\n]*\n$/);
});

test('drain --wait shows each news once, and ends with 0 when nothing is left', async (t) => {
  const { client, progress, out } = await setUp(t, [
    { remaining: 2 },
    { remaining: 2 },
    { remaining: 1 },
    { remaining: 0 },
    { drained: true },
  ]);
  assert.equal(await drainNode(client, 'a', { wait: true }, progress, LOOK_INTERVAL_MS), 0);
  assert.deepEqual(out().split('\n'), [
    'a is draining: 2 sessions left',
    'a is draining: 1 session left',
    'a is draining: 0 sessions left',
    'a is drained',
    '',
  ]);
});

test('on a terminal it is one line that changes', async (t) => {
  const answers = [{ remaining: 2 }, { remaining: 1 }, { drained: true }];
  const { client, progress, out } = await setUp(t, answers, { isTTY: true });
  await drainNode(client, 'a', { wait: true }, progress, LOOK_INTERVAL_MS);
  const clear = '\r\u001b[K';
  assert.equal(
    out(),
    `${clear}a is draining: 2 sessions left${clear}a is draining: 1 session left${clear}a is drained\n`,
  );
});

test('a node that reports no sessions is counted in connections', async (t) => {
  const { client, progress, out } = await setUp(t, [{ remaining: 1, sessions: null }]);
  await drainNode(client, 'a', { wait: false }, progress, LOOK_INTERVAL_MS);
  assert.equal(out(), 'a is draining: 1 connection left\n');
});

test('drain --wait ends with 3 when the deadline came first, and with 1 when somebody ended the drain', async (t) => {
  const over = await setUp(t, [{ remaining: 2 }, { state: 'maintenance', remaining: 2 }]);
  assert.equal(await drainNode(over.client, 'a', { wait: true }, over.progress, LOOK_INTERVAL_MS), 3);
  const ended = await setUp(t, [{ remaining: 2 }, { state: 'ready' }]);
  assert.equal(await drainNode(ended.client, 'a', { wait: true }, ended.progress, LOOK_INTERVAL_MS), 1);
});

test('ready and maintenance are one request', async (t) => {
  for (const order of ['ready', 'maintenance'] as const) {
    const { client, progress, asked, errors } = await setUp(t, [{ state: order }]);
    assert.equal(await orderNode(client, 'a', order, progress), 0);
    assert.deepEqual(asked, [order]);
    assert.equal(errors() === '', order === 'ready');
  }
});

test('a refusal and an address where nobody listens are one line and 1', async (t) => {
  const refused = await setUp(t, [{}], { token: 'wrong' });
  assert.equal(await orderNode(refused.client, 'a', 'ready', refused.progress), 1);
  assert.equal(
    refused.errors(),
    'cobrowse-proxy: This is no admin token of it: --token-file, or COBROWSE_PROXY_ADMIN_TOKEN.\n',
  );
  const gone = await setUp(t, [{}]);
  await gone.server.close();
  assert.equal(await orderNode(gone.client, 'a', 'ready', gone.progress), 1);
  assert.match(gone.errors(), /^cobrowse-proxy: http:\/\/127\.0\.0\.1:\d+ cannot be reached: ECONNREFUSED\n$/);
});
