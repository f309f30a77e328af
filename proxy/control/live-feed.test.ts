import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import test, { type TestContext } from 'node:test';
import { until } from '../testing/until.ts';
import { AdminServer } from './admin.ts';
import { dashboardRoutes } from './dashboard-routes.ts';
import { LiveFeed, type LiveFeedOptions } from './live-feed.ts';

interface Watched {
  readonly feed: LiveFeed;
  readonly admin: AdminServer;
  readonly port: number;
  readonly gathered: () => number;
}

async function watched(t: TestContext, differences: Partial<LiveFeedOptions> = {}): Promise<Watched> {
  let gathered = 0;
  const { hello = async () => ({ hello: 1 }), snapshot = async () => ({ snapshot: 1 }) } = differences;
  const feed = new LiveFeed({
    hello,
    snapshot: () => {
      gathered++;
      return snapshot();
    },
  });
  const admin = new AdminServer({
    routes: dashboardRoutes(feed),
    tokens: () => ({ ok: true, tokens: { read: [], operate: [] } }),
    onRefused: () => {},
  });
  const { port } = await admin.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => admin.close());
  return { feed, admin, port, gathered: () => gathered };
}

async function get(port: number, path = '/events'): Promise<IncomingMessage> {
  const outgoing = request({ host: '127.0.0.1', port, path, agent: false }).end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  response.on('error', () => {});
  return response;
}

/** Collects what comes. */
function reading(response: IncomingMessage): () => string {
  let text = '';
  response.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  return () => text;
}

const comes = (text: () => string, expected: RegExp) =>
  until(
    async () => text(),
    (all) => expected.test(all),
  );

test('who looks gets what was before, then snapshots, and news at once; nothing is gathered for nobody', async (t) => {
  const { feed, port, gathered } = await watched(t);
  feed.tell('change', () => assert.fail('nobody looks'));
  assert.equal(gathered(), 0);
  const response = await get(port);
  assert.equal(response.headers['content-type'], 'text/event-stream');
  const text = reading(response);
  await comes(text, /^event: hello\ndata: {"hello":1}\n\nevent: snapshot\ndata: {"snapshot":1}\n\n$/);
  feed.tell('change', () => ({ node: 'line\nend' }));
  await comes(text, /\nevent: change\ndata: {"node":"line\\nend"}\n\n$/);
  await comes(text, /snapshot[\s\S]*change[\s\S]*snapshot/);
  response.destroy();
  await until(
    async () => feed.clients,
    (clients) => clients === 0,
  );
});

test('who joins while a snapshot is made is greeted before it gets one', async (t) => {
  const made: (() => void)[] = [];
  const { port } = await watched(t, {
    snapshot: () => new Promise((resolve) => made.push(() => resolve({ snapshot: made.length }))),
  });
  const first = reading(await get(port));
  await comes(first, /hello/);
  const second = reading(await get(port));
  made[0]?.();
  await comes(first, /snapshot/);
  await until(
    async () => made.length,
    (count) => count === 2,
  );
  made[1]?.();
  await comes(second, /hello[\s\S]*snapshot/);
  assert.match(second(), /^event: hello/);
});

test('one that reads nothing costs no more than a snapshot, and hears what it missed when it reads again', async (t) => {
  const large = 'x'.repeat(8 * 1024 * 1024);
  const { feed, port, gathered } = await watched(t, { snapshot: async () => ({ large }) });
  const response = await get(port);
  await until(
    async () => gathered(),
    (count) => count >= 3,
  );
  feed.tell('change', () => ({ missed: true }));
  const before = gathered();
  const text = reading(response);
  await comes(text, /hello[\s\S]*hello/);
  assert.doesNotMatch(text(), /missed/);
  assert.ok(text().split('event: snapshot').length - 1 < before, 'snapshots were left out');
});

test('no more than so many look at once', async (t) => {
  const { feed, port } = await watched(t);
  const responses = await Promise.all(Array.from({ length: 32 }, () => get(port)));
  const refused = await get(port);
  assert.equal(refused.statusCode, 503);
  refused.resume();
  for (const response of responses) response.destroy();
  await until(
    async () => feed.clients,
    (clients) => clients === 0,
  );
});

test('a listener that closes ends the streams in good order; HEAD begins none', async (t) => {
  const { admin, feed, port } = await watched(t);
  const outgoing = request({ host: '127.0.0.1', port, path: '/events', method: 'HEAD', agent: false }).end();
  const [head] = (await once(outgoing, 'response')) as [IncomingMessage];
  head.resume();
  assert.equal(feed.clients, 0);
  const response = await get(port);
  reading(response);
  const ended = once(response, 'end');
  await admin.finish();
  await ended;
  assert.equal(response.complete, true);
});

test('the page and its files are there, and may do nothing but what it does', async (t) => {
  const { port } = await watched(t);
  for (const [path, type] of [
    ['/', 'text/html; charset=utf-8'],
    ['/dashboard/dashboard.js', 'text/javascript; charset=utf-8'],
    ['/dashboard/uPlot.iife.min.js', 'text/javascript; charset=utf-8'],
    ['/dashboard/theme.css', 'text/css; charset=utf-8'],
    ['/dashboard/icon.svg', 'image/svg+xml'],
  ] as const) {
    const response = await get(port, path);
    response.resume();
    const { headers } = response;
    assert.deepEqual([response.statusCode, headers['content-type']], [200, type], path);
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /^default-src 'none'; script-src 'self';.* frame-ancestors 'none'$/);
    assert.doesNotMatch(policy, /unsafe|http/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
  }
  const other = await get(port, '/dashboard/../package.json');
  other.resume();
  assert.equal(other.statusCode, 404);
});
