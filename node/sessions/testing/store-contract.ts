/** What every `SessionStore` must do. Call it in a test file with a factory of empty stores. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { historyOf } from '../history.ts';
import {
  CONTROLLER,
  CUSTOMER,
  createSession,
  exitSession,
  joinSession,
  type Role,
  type Session,
  stopSession,
} from '../session.ts';
import type { SessionStore } from '../store.ts';

const OWNER = 'CB_Server_1';
const NOW = 1_368_722_791_040;
const TTL_MS = 60_000;
const SHORT_MS = 200;
const DEADLINE_MS = 240_000;

/** @param skip a reason not to run it here */
export function describeSessionStore(
  name: string,
  createStore: (t: TestContext) => Promise<SessionStore>,
  skip: string | false = false,
): void {
  describe(name, { skip }, () => {
    test('gives back a session as it was inserted', async (t) => {
      const store = await createStore(t);
      const session = newSession('045800826', { serverUrl: 'https://node-1.example.com/cobrowse' });
      assert.equal(await store.insert(session, TTL_MS), true);
      assert.deepEqual(await store.get('045800826'), session);
    });

    test('knows nothing of other tokens', async (t) => {
      const store = await createStore(t);
      await store.insert(newSession('045800826'), TTL_MS);
      for (const token of ['45800826', '845800826', '__proto__', 'constructor', '']) {
        assert.equal(await store.get(token), undefined);
        assert.equal(await store.findByUserToken(token), undefined);
      }
    });

    test('refuses a second session of the same token and keeps the first, even when that has ended', async (t) => {
      const store = await createStore(t);
      const first = newSession('045800826');
      const ended = stop(joinedBy(first, 'controller', CONTROLLER), 'controller');
      await store.insert(first, TTL_MS);
      assert.equal(await store.insert(newSession('045800826'), TTL_MS), false);
      assert.deepEqual(await store.get('045800826'), first);

      assert.equal(await store.replace(first, ended, TTL_MS), true);
      assert.equal(await store.insert(newSession('045800826'), TTL_MS), false);
      assert.deepEqual(await store.get('045800826'), ended);
    });

    test('of many that claim one token at once, one gets it', async (t) => {
      const store = await createStore(t);
      const claims = await Promise.all(Array.from({ length: 10 }, () => store.insert(newSession('045800826'), TTL_MS)));
      assert.equal(claims.filter(Boolean).length, 1);
    });

    test('finds a session by the user tokens of those present', async (t) => {
      const store = await createStore(t);
      const created = newSession('045800826');
      const withCustomer = joinedBy(created, 'customer', CUSTOMER);
      const withBoth = joinedBy(withCustomer, 'first controller', CONTROLLER);
      const withThree = joinedBy(withBoth, 'second controller', CONTROLLER);
      const withoutFirst = exit(withThree, 'first controller');
      await store.insert(created, TTL_MS);
      for (const [current, next] of pairs([created, withCustomer, withBoth, withThree, withoutFirst])) {
        assert.equal(await store.replace(current, next, TTL_MS), true);
      }
      assert.deepEqual(await store.findByUserToken('customer'), withoutFirst);
      assert.deepEqual(await store.findByUserToken('second controller'), withoutFirst);
      assert.equal(await store.findByUserToken('first controller'), undefined);

      const ended = stop(withoutFirst, 'second controller');
      await store.replace(withoutFirst, ended, TTL_MS);
      assert.deepEqual(await store.findByUserToken('second controller'), ended);
    });

    test('refuses to replace a session that has changed since it was read', async (t) => {
      const store = await createStore(t);
      const created = newSession('045800826');
      const withCustomer = joinedBy(created, 'customer', CUSTOMER);
      await store.insert(created, TTL_MS);
      await store.replace(created, withCustomer, TTL_MS);
      assert.equal(await store.replace(created, joinedBy(created, 'late', CONTROLLER), TTL_MS), false);
      assert.deepEqual(await store.get('045800826'), withCustomer);
      assert.equal(await store.findByUserToken('late'), undefined);
    });

    test('refuses to replace a session that it does not have', async (t) => {
      const store = await createStore(t);
      const session = newSession('045800826');
      assert.equal(await store.replace(session, joinedBy(session, 'customer', CUSTOMER), TTL_MS), false);
      assert.equal(await store.get('045800826'), undefined);
      assert.equal(await store.findByUserToken('customer'), undefined);
    });

    test('of many that replace one session at once, one succeeds', async (t) => {
      const store = await createStore(t);
      const session = newSession('045800826');
      await store.insert(session, TTL_MS);
      const replaced = await Promise.all(
        Array.from({ length: 10 }, (_, i) => store.replace(session, joinedBy(session, `user ${i}`, CUSTOMER), TTL_MS)),
      );
      assert.equal(replaced.filter(Boolean).length, 1);
    });

    test('renews a session that it has and takes one that it has lost', async (t) => {
      const store = await createStore(t);
      const kept = joinedBy(newSession('045800826'), 'customer', CUSTOMER);
      assert.deepEqual(await store.keep(kept, TTL_MS), { outcome: 'kept' });
      assert.deepEqual(await store.get('045800826'), kept);
      assert.deepEqual(await store.findByUserToken('customer'), kept);
      assert.deepEqual(await store.keep(kept, TTL_MS), { outcome: 'kept' });
      assert.equal(await store.replace(kept, joinedBy(kept, 'controller', CONTROLLER), TTL_MS), true);
    });

    test('is not set back by an owner whose later write has overtaken', async (t) => {
      const store = await createStore(t);
      const created = newSession('045800826');
      const joined = joinedBy(created, 'customer', CUSTOMER);
      await store.insert(created, TTL_MS);
      await store.replace(created, joined, TTL_MS);
      assert.deepEqual(await store.keep(created, TTL_MS), { outcome: 'kept' });
      assert.deepEqual(await store.get('045800826'), joined);
    });

    test('keeps the first end of a session', async (t) => {
      const store = await createStore(t);
      const created = newSession('045800826');
      const active = joinedBy(created, 'controller', CONTROLLER);
      const ended = stop(active, 'controller');
      await store.insert(created, TTL_MS);
      await store.replace(created, active, TTL_MS);
      await store.replace(active, ended, TTL_MS);
      const later = joinedBy(joinedBy(active, 'second', CONTROLLER), 'third', CONTROLLER);
      assert.deepEqual(await store.keep(stop(later, 'third'), TTL_MS), { outcome: 'kept' });
      assert.deepEqual(await store.get('045800826'), ended);
    });

    test('forgets a session after its time: its token is free, its users are unknown', async (t) => {
      const store = await createStore(t);
      const session = newSession('045800826');
      await store.insert(session, TTL_MS);
      assert.equal(await store.replace(session, joinedBy(session, 'customer', CUSTOMER), 1), true);
      await forgotten(store, () => store.get('045800826'));
      await forgotten(store, () => store.findByUserToken('customer'));
      assert.equal(await store.insert(newSession('045800826'), TTL_MS), true);
    });

    test('does not forget a session that is renewed', async (t) => {
      const store = await createStore(t);
      const [renewed, control] = [newSession('000000001'), newSession('000000002')];
      for (const session of [renewed, control]) await store.insert(session, SHORT_MS);
      await store.keep(renewed, TTL_MS);
      await forgotten(store, () => store.get(control.sessionToken));
      assert.deepEqual(await store.get(renewed.sessionToken), renewed);
    });

    test('gives back the last history under an id until its time is over', async (t) => {
      const store = await createStore(t);
      const first = historyOf(newSession('045800826'), [{ url: 'https://a.example.com/', enteredAt: NOW }]);
      const last = { ...first, activatedAt: NOW, deactivatedAt: NOW + 1 };
      assert.equal(await store.findHistory(first.id), undefined);
      await store.saveHistory(first, SHORT_MS);
      await store.saveHistory(last, TTL_MS);
      assert.deepEqual(await store.findHistory(first.id), last);
      assert.equal(await store.findHistory(randomUUID()), undefined);
      await store.saveHistory(last, 1);
      await forgotten(store, () => store.findHistory(first.id));
    });

    test('is ready', async (t) => {
      assert.deepEqual((await createStore(t)).status(), { state: 'ready' });
    });
  });
}

/** Waits until there is nothing any more: a store may only forget when it is swept. */
async function forgotten(store: SessionStore, find: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  for (store.sweep(); (await find()) !== undefined; store.sweep()) {
    assert.ok(Date.now() < deadline, 'it was not forgotten in time');
    await setTimeout(10);
  }
}

function newSession(sessionToken: string, facts: { serverName?: string; serverUrl?: string } = {}): Session {
  return createSession({ sessionToken, historyId: randomUUID(), serverName: OWNER, createdAt: NOW, ...facts });
}

function joinedBy(session: Session, userToken: string, role: Role): Session {
  const result = joinSession(session, { userToken, userId: randomUUID(), role, name: userToken }, NOW + 1);
  assert.ok(result.outcome === 'joined');
  return result.session;
}

function exit(session: Session, userToken: string): Session {
  const result = exitSession(session, userToken, NOW + 2);
  assert.ok(result.outcome === 'left' || result.outcome === 'ended');
  return result.session;
}

function stop(session: Session, userToken: string): Session {
  const result = stopSession(session, userToken, NOW + 2);
  assert.ok(result.outcome === 'stopped');
  return result.session;
}

function pairs<T>(items: readonly T[]): [T, T][] {
  return items.flatMap((item, index) => {
    const next = items[index + 1];
    return next === undefined ? [] : [[item, next] as [T, T]];
  });
}
