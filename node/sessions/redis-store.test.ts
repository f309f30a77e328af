import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createClient } from '@redis/client';
import { pino } from 'pino';
import { parseRedisUrl } from '../../config/redis-url.ts';
import { eventually } from '../testing/eventually.ts';
import { REDIS_SKIP, RedisServer } from '../testing/redis-server.ts';
import { historyOf } from './history.ts';
import { OwnerStore } from './owner-store.ts';
import type { RedisTiming } from './redis-connection.ts';
import { RedisSessionStore } from './redis-store.ts';
import {
  CONTROLLER,
  createSession,
  type DeactivatedSession,
  joinSession,
  type Session,
  stopSession,
} from './session.ts';
import { type StoreStatus, StoreUnavailable } from './store.ts';
import { describeSessionStore } from './testing/store-contract.ts';

const OWNER = 'CB_Server_1';
const HISTORY_ID = '1b671a64-40d5-491e-99b0-da01ff1f3341';
const TTL_MS = 60_000;
/** For a Redis that answers: a busy machine is no outage. */
const PATIENT: RedisTiming = { timeoutMs: 10_000, heartbeatMs: 1_000, firstRetryMs: 10, lastRetryMs: 100 };
/** For one that will not. */
const HASTY: RedisTiming = { ...PATIENT, timeoutMs: 300, heartbeatMs: 50 };
const log = pino({ level: 'silent' });

interface StoreSettings {
  readonly serverName?: string;
  readonly timing?: RedisTiming;
  readonly maxHistories?: number;
}

async function openStore(t: TestContext, url: string, settings: StoreSettings = {}): Promise<RedisSessionStore> {
  const location = parseRedisUrl(url);
  assert.ok(location !== undefined);
  const store = await RedisSessionStore.open({ location, serverName: OWNER, log, timing: PATIENT, ...settings });
  t.after(() => store.close());
  return store;
}

async function rawClient(t: TestContext, url: string) {
  const client = createClient({ url });
  client.on('error', () => {});
  await client.connect();
  t.after(() => client.destroy());
  return client;
}

function newSession(sessionToken = '045800826'): Session {
  return createSession({ sessionToken, historyId: HISTORY_ID, serverName: OWNER, createdAt: 1_000 });
}

function joined(session: Session): Session {
  const participant = { userToken: 'u'.repeat(32), userId: 'id', role: CONTROLLER, name: 'Controller' } as const;
  const result = joinSession(session, participant, 2_000);
  assert.ok(result.outcome === 'joined');
  return result.session;
}

function stopped(session: Session): DeactivatedSession {
  const result = stopSession(session, 'u'.repeat(32), 3_000);
  assert.ok(result.outcome === 'stopped');
  return result.session;
}

/** One for all tests of the contract: each has its own prefix. */
let common: RedisServer | undefined;
let tests = 0;
if (REDIS_SKIP === false) {
  before(async () => {
    common = await RedisServer.launch();
  });
  after(() => common?.dispose());
}

async function openEmpty(t: TestContext): Promise<RedisSessionStore> {
  assert.ok(common !== undefined);
  return openStore(t, common.url(`${++tests}:`));
}

describeSessionStore('redis store', openEmpty, REDIS_SKIP);

describeSessionStore(
  'owner store over redis',
  async (t) => new OwnerStore({ shared: await openEmpty(t), log, retentionMs: TTL_MS }),
  REDIS_SKIP,
);

describe('redis store', { skip: REDIS_SKIP }, () => {
  test('begins each key with the prefix of its URL, and each key expires', async (t) => {
    const redis = await RedisServer.start(t);
    const store = await openStore(t, redis.url('mine:'));
    const session = joined(newSession());
    await store.insert(session, TTL_MS);
    await store.saveHistory(historyOf(session, []), TTL_MS);
    const client = await rawClient(t, redis.url());
    const keys = await client.keys('*');
    assert.deepEqual(keys.filter((key) => !key.includes('probe')).sort(), [
      'mine:histories',
      `mine:history:${HISTORY_ID}`,
      'mine:session:045800826',
      `mine:user:${'u'.repeat(32)}`,
    ]);
    for (const key of keys) {
      const ttl = await client.pTTL(key);
      assert.ok(ttl > 0 && ttl <= TTL_MS, `${key} expires in ${ttl} ms`);
    }
    const elsewhere = await openStore(t, redis.url('other:'));
    assert.equal(await elsewhere.get('045800826'), undefined);
  });

  test('keeps a bounded number of histories: those that expire first are forgotten', async (t) => {
    const store = await openStore(t, (await RedisServer.start(t)).url(), { maxHistories: 2 });
    const ids = [1, 2, 3].map((digit) => HISTORY_ID.replace(/.$/, String(digit)));
    for (const [index, id] of ids.entries()) {
      await store.saveHistory({ ...historyOf(newSession(), []), id }, TTL_MS + index);
    }
    const found = await Promise.all(ids.map(async (id) => (await store.findHistory(id)) !== undefined));
    assert.deepEqual(found, [false, true, true]);
  });

  test('tells the owner, and only the owner, when another node ends its session', async (t) => {
    const redis = await RedisServer.start(t);
    const [owner, bystander, stopper] = await Promise.all(
      [OWNER, 'CB_Server_2', 'CB_Server_3'].map((serverName) => openStore(t, redis.url(), { serverName })),
    );
    const told: [string, DeactivatedSession][] = [];
    for (const [name, store] of Object.entries({ owner, bystander, stopper })) {
      store?.watch({ ended: (session) => told.push([name, session]), recovered: () => {} });
    }
    const session = joined(newSession());
    await owner?.insert(session, TTL_MS);
    assert.equal(await stopper?.replace(session, stopped(session), TTL_MS), true);
    await eventually('the owner is told', () => told.length > 0);
    assert.deepEqual(told, [['owner', stopped(session)]]);
  });

  test('takes what is no record of ours for absent, and lets an owner put it right', async (t) => {
    const redis = await RedisServer.start(t);
    const store = await openStore(t, redis.url());
    const client = await rawClient(t, redis.url());
    const key = 'gcb:session:045800826';
    const session = joined(newSession());
    const other = { ...session, sessionToken: '000000001' };
    const hostile: readonly string[] = [
      'no JSON',
      'null',
      '[]',
      '{"__proto__":{}}',
      JSON.stringify(other),
      JSON.stringify({ ...session, serverName: 'a\r\nSet-Cookie: x=y' }),
      JSON.stringify({ ...session, serverUrl: 'javascript:alert(1)' }),
      JSON.stringify({ ...session, activatedAt: '2000' }),
      JSON.stringify({ ...session, surplus: 1 }),
      JSON.stringify({ ...session, participants: Array.from({ length: 17 }, () => session.participants[0]) }),
      '['.repeat(1_000_000),
    ];
    for (const data of hostile) {
      await client.hSet(key, { revision: '1', ended: '0', history: HISTORY_ID, data });
      assert.equal(await store.get('045800826'), undefined, data.slice(0, 200));
    }
    assert.equal(await store.insert(session, TTL_MS), false);
    assert.deepEqual(await store.keep(session, TTL_MS), { outcome: 'kept' });
    assert.deepEqual(await store.get('045800826'), session);
    await client.hSet(key, { revision: 'nonsense', ended: '2' });
    assert.deepEqual(await store.keep(session, TTL_MS), { outcome: 'kept' });

    for (const name of [key, `gcb:user:${'u'.repeat(32)}`, `gcb:history:${HISTORY_ID}`, 'gcb:histories']) {
      await client.del(name);
      await client.rPush(name, 'a list');
    }
    assert.equal(await store.get('045800826'), undefined);
    assert.equal(await store.findByUserToken('u'.repeat(32)), undefined);
    assert.equal(await store.findHistory(HISTORY_ID), undefined);
    assert.equal(await store.replace(session, stopped(session), TTL_MS), false);
    assert.deepEqual(await store.keep(session, TTL_MS), { outcome: 'kept' });
    const history = historyOf(session, []);
    await store.saveHistory(history, TTL_MS);
    assert.deepEqual(await store.findHistory(HISTORY_ID), history);
    assert.deepEqual(await store.findByUserToken('u'.repeat(32)), session);
    assert.equal(store.status().state, 'ready');
  });

  test('does not find a session by a token that the index names wrongly', async (t) => {
    const redis = await RedisServer.start(t);
    const store = await openStore(t, redis.url());
    await store.insert(joined(newSession()), TTL_MS);
    await (await rawClient(t, redis.url())).set('gcb:user:forged', '045800826');
    assert.equal(await store.findByUserToken('forged'), undefined);
  });
});

/** Before anything else happens in this process: nothing is waited for. */
async function assertFailsAtOnce(ask: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < 100; i++) {
    let failed = false;
    const failure = assert.rejects(ask(), StoreUnavailable).then(() => {
      failed = true;
    });
    await setImmediate();
    assert.equal(failed, true);
    await failure;
  }
}

async function becomes(store: RedisSessionStore, state: StoreStatus['state']): Promise<void> {
  await eventually(`it is ${state}`, () => store.status().state === state);
}

describe('a redis store whose Redis', { skip: REDIS_SKIP }, () => {
  test('is killed fails at once, and recovers when it is back', async (t) => {
    const redis = await RedisServer.start(t);
    const store = await openStore(t, redis.url());
    let recoveries = 0;
    store.watch({ ended: () => {}, recovered: () => recoveries++ });
    await redis.kill();
    await becomes(store, 'unavailable');
    await assertFailsAtOnce(() => store.get('045800826'));
    await redis.run();
    await becomes(store, 'ready');
    assert.equal(recoveries, 1);
    assert.equal(await store.insert(newSession(), TTL_MS), true);
  });

  test('hangs fails in time, then at once, and recovers when it goes on', async (t) => {
    const redis = await RedisServer.start(t);
    const store = await openStore(t, redis.url(), { timing: { ...HASTY, heartbeatMs: 60_000 } });
    await becomes(store, 'ready');
    redis.pause();
    await assert.rejects(store.get('045800826'), StoreUnavailable);
    await assertFailsAtOnce(() => store.insert(newSession(), TTL_MS));
    redis.resume();
    await becomes(store, 'ready');
  });

  test('hangs is noticed without being asked anything', async (t) => {
    const redis = await RedisServer.start(t);
    const store = await openStore(t, redis.url(), { timing: HASTY });
    await becomes(store, 'ready');
    redis.pause();
    await becomes(store, 'unavailable');
    redis.resume();
    await becomes(store, 'ready');
  });

  test('is not there yet is waited for', async (t) => {
    const redis = await RedisServer.start(t);
    await redis.kill();
    const store = await openStore(t, redis.url());
    const status = store.status();
    assert.ok(status.state === 'unavailable' && status.forMs >= 0);
    await redis.run();
    await becomes(store, 'ready');
  });

  test('takes no writes is unavailable', async (t) => {
    const redis = await RedisServer.start(t);
    const store = await openStore(t, redis.url());
    const client = await rawClient(t, redis.url());
    await client.sendCommand(['REPLICAOF', '127.0.0.1', '1']);
    await assert.rejects(store.insert(newSession(), TTL_MS), StoreUnavailable);
    await becomes(store, 'unavailable');
    await client.sendCommand(['REPLICAOF', 'NO', 'ONE']);
    await becomes(store, 'ready');
  });

  test('wants a user and a password gets those of the URL', async (t) => {
    const redis = await RedisServer.start(t);
    const client = await rawClient(t, redis.url());
    await client.sendCommand(['ACL', 'SETUSER', 'gcb', 'on', '>p@ss/word', '~gcb:*', '&gcb:*', '+@all']);
    await client.sendCommand(['ACL', 'SETUSER', 'default', 'off']);
    const right = `redis://gcb:${encodeURIComponent('p@ss/word')}@127.0.0.1:${redis.port}/0`;
    assert.equal((await openStore(t, right)).status().state, 'ready');
    assert.equal((await openStore(t, right.replace('word', 'wrong'))).status().state, 'unavailable');
    assert.equal((await openStore(t, redis.url())).status().state, 'unavailable');
    assert.equal((await openStore(t, `${right}?prefix=other:`)).status().state, 'unavailable');
  });

  test('speaks no TLS is unavailable by a rediss URL', async (t) => {
    const redis = await RedisServer.start(t);
    const store = await openStore(t, redis.url().replace('redis:', 'rediss:'));
    assert.equal(store.status().state, 'unavailable');
  });
});
