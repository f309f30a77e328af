/**
 * Nodes that share their sessions through a Redis: what any of them answers, and what is left when the Redis is not.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import { pino } from 'pino';
import type { CobrowseNode } from './server.ts';
import { openSessionStore } from './sessions/open-store.ts';
import { type SessionEnd, SessionService } from './sessions/service.ts';
import { CONTROLLER, CUSTOMER, type Role } from './sessions/session.ts';
import { eventually } from './testing/eventually.ts';
import { ALLOWED_ORIGIN, errorOf, startTestNode } from './testing/nodes.ts';
import { QUICK_TIMING, REDIS_SKIP, RedisServer } from './testing/redis-server.ts';

const allowed = { headers: { Origin: ALLOWED_ORIGIN } };
const log = pino({ level: 'silent' });

async function startMember(
  t: TestContext,
  redis: RedisServer,
  name: string,
  storeGraceMs = 200,
): Promise<CobrowseNode> {
  const store = await openSessionStore({ url: redis.url(), serverName: name, log, timing: QUICK_TIMING });
  return startTestNode(t, { name, serverUrl: `https://${name}.example.com/cobrowse`, storeGraceMs }, { store });
}

async function startPair(t: TestContext): Promise<[redis: RedisServer, a: CobrowseNode, b: CobrowseNode]> {
  const redis = await RedisServer.start(t);
  return [redis, await startMember(t, redis, 'A'), await startMember(t, redis, 'B')];
}

async function create(node: CobrowseNode): Promise<string> {
  const response = await fetch(`${node.url}/rest/live/sessions`, { method: 'POST' });
  assert.equal(response.status, 200);
  return ((await response.json()) as { sessionToken: string }).sessionToken;
}

/** @returns the new user token and the id of the history */
async function join(node: CobrowseNode, sessionToken: string, role: Role) {
  const result = await node.sessions.join(sessionToken, role, `role ${role}`);
  assert.ok(result.outcome === 'joined');
  return { userToken: result.participant.userToken, historyId: result.session.historyId };
}

function get(node: CobrowseNode, sessionToken: string): Promise<Response> {
  return fetch(`${node.url}/rest/live/sessions/${sessionToken}`, allowed);
}

function stop(node: CobrowseNode, userToken: string): Promise<Response> {
  return fetch(`${node.url}/rest/live/users/${userToken}/session/stop`);
}

async function health(node: CobrowseNode) {
  const { status, headers } = await fetch(`${node.url}/health`);
  return { status, state: headers.get('x-cobrowse-state'), reason: headers.get('x-cobrowse-reason') };
}

const READY = { status: 200, state: 'ready', reason: null };
const AWAY = { status: 503, state: 'draining', reason: 'store_unavailable' };

async function healthBecomes(node: CobrowseNode, expected: typeof READY | typeof AWAY): Promise<void> {
  await eventually(`health is ${expected.status}`, async () => (await health(node)).status === expected.status);
  assert.deepEqual(await health(node), expected);
}

describe('with a shared store, any node', { skip: REDIS_SKIP }, () => {
  test('names the true owner of a session', async (t) => {
    const [, a, b] = await startPair(t);
    const sessionToken = await create(a);
    for (const node of [a, b]) {
      const answer = await (await get(node, sessionToken)).json();
      assert.deepEqual(answer, {
        sessionToken,
        sessionServerName: 'A',
        sessionServerUrl: 'https://A.example.com/cobrowse',
      });
    }
    assert.equal(b.sessions.counts().live, 0);
  });

  test('stops a session with the same times, and the owner is told', async (t) => {
    const [, a, b] = await startPair(t);
    const sessionToken = await create(a);
    await join(a, sessionToken, CUSTOMER);
    const { userToken } = await join(a, sessionToken, CONTROLLER);
    const told = once(a.sessions, 'ended') as Promise<[SessionEnd]>;
    const times = await (await stop(b, userToken)).json();
    const [{ token, cause, activationTime, deactivationTime }] = await told;
    assert.deepEqual([token, cause], [sessionToken, 'stopped']);
    assert.deepEqual(times, { activationTime, deactivationTime });
    assert.deepEqual(await (await stop(a, userToken)).json(), times);
    for (const node of [a, b]) assert.equal((await get(node, sessionToken)).status, 404);
    assert.equal(a.sessions.counts().completed, 1);
  });

  test('answers the history of a session, live and ended', async (t) => {
    const [, a, b] = await startPair(t);
    const sessionToken = await create(a);
    const { userToken, historyId } = await join(a, sessionToken, CONTROLLER);
    assert.equal(await a.sessions.recordPage(sessionToken, 'https://shop.example.com/'), 'recorded');
    const url = `${b.url}/rest/history/sessions/${historyId}`;
    const live = (await (await fetch(url, allowed)).json()) as Record<string, unknown>;
    assert.equal(live.sessionToken, sessionToken);
    assert.equal(live.deactivationTime, undefined);
    assert.equal((live.pages as unknown[]).length, 1);
    const times = (await (await stop(b, userToken)).json()) as Record<string, unknown>;
    const ended = (await (await fetch(url, allowed)).json()) as Record<string, unknown>;
    assert.equal(ended.deactivationTime, times.deactivationTime);
    assert.equal((ended.pages as unknown[]).length, 1);
  });
});

test('nodes that draw the same tokens never hand out one twice', { skip: REDIS_SKIP }, async (t) => {
  const redis = await RedisServer.start(t);
  const SPACE = 64;
  const nodes = await Promise.all(
    ['A', 'B', 'C'].map(async (serverName) => {
      const store = await openSessionStore({ url: redis.url(), serverName, log, timing: QUICK_TIMING });
      t.after(() => store.close());
      let draw = 0;
      return new SessionService({ store, serverName, newSessionToken: () => String(draw++ % SPACE).padStart(9, '0') });
    }),
  );
  const created = await Promise.all(nodes.flatMap((node) => Array.from({ length: 20 }, () => node.create())));
  const tokens = created.flatMap((each) => (each.outcome === 'created' ? [each.session.sessionToken] : []));
  assert.equal(tokens.length, 60);
  assert.equal(new Set(tokens).size, 60);
});

describe('when Redis', { skip: REDIS_SKIP }, () => {
  for (const [what, lose, restore] of [
    ['is killed and comes back empty', (redis: RedisServer) => redis.kill(), (redis: RedisServer) => redis.run()],
    ['hangs and goes on', (redis: RedisServer) => redis.pause(), (redis: RedisServer) => redis.resume()],
  ] as const) {
    test(`${what}, own sessions go on, all else says so, and it heals by itself`, async (t) => {
      const [redis, a, b] = await startPair(t);
      const sessionToken = await create(a);
      const ending = await create(a);
      const foreign = await create(b);
      const { userToken: controller } = await join(a, ending, CONTROLLER);
      await lose(redis);

      const refused = await fetch(`${a.url}/rest/live/sessions`, { method: 'POST' });
      assert.equal(refused.headers.get('retry-after'), '2');
      assert.deepEqual(await errorOf(refused), { status: 503, code: 'store_unavailable' });
      assert.deepEqual(await errorOf(await get(a, foreign)), { status: 503, code: 'store_unavailable' });
      assert.deepEqual(await errorOf(await stop(a, 'x'.repeat(32))), { status: 503, code: 'store_unavailable' });
      assert.equal((await get(a, sessionToken)).status, 200);
      const { userToken } = await join(a, sessionToken, CONTROLLER);
      const times = await (await stop(a, controller)).json();
      await healthBecomes(a, AWAY);

      await restore(redis);
      await healthBecomes(a, READY);
      await healthBecomes(b, READY);
      await create(a);
      await eventually('the other node knows it again', async () => (await get(b, sessionToken)).status === 200);
      await eventually('the end is written', async () => (await stop(b, controller)).status === 200);
      assert.deepEqual(await (await stop(b, controller)).json(), times);
      const told = once(a.sessions, 'ended');
      assert.equal((await stop(b, userToken)).status, 200);
      await told;
    });
  }

  test('is away for less than the grace, health does not tell', async (t) => {
    const redis = await RedisServer.start(t);
    const node = await startMember(t, redis, 'A', 3_600_000);
    await redis.kill();
    await eventually('it is noticed', () => node.sessions.storeStatus().state === 'unavailable');
    assert.deepEqual(await health(node), READY);
  });

  test('is not there when a node starts, the node waits for it', async (t) => {
    const redis = await RedisServer.start(t);
    await redis.kill();
    const node = await startMember(t, redis, 'A');
    await healthBecomes(node, AWAY);
    await redis.run();
    await healthBecomes(node, READY);
    await create(node);
  });
});
