/** What every `SessionStore` must do. Call it in a test file with a factory of empty stores. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
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

export function describeSessionStore(name: string, createStore: (t: TestContext) => Promise<SessionStore>): void {
  describe(name, () => {
    test('gives back a session as it was inserted', async (t) => {
      const store = await createStore(t);
      const session = newSession('045800826', { serverUrl: 'https://node-1.example.com/cobrowse' });
      assert.equal(await store.insert(session), true);
      assert.deepEqual(await store.get('045800826'), session);
    });

    test('knows nothing of other tokens', async (t) => {
      const store = await createStore(t);
      await store.insert(newSession('045800826'));
      for (const token of ['45800826', '845800826', '__proto__', 'constructor', '']) {
        assert.equal(await store.get(token), undefined);
        assert.equal(await store.findByUserToken(token), undefined);
      }
    });

    test('refuses a second session of the same token and keeps the first, even when that has ended', async (t) => {
      const store = await createStore(t);
      const first = newSession('045800826');
      const ended = stop(joinedBy(first, 'controller', CONTROLLER), 'controller');
      await store.insert(first);
      assert.equal(await store.insert(newSession('045800826')), false);
      assert.deepEqual(await store.get('045800826'), first);

      assert.equal(await store.replace(first, ended), true);
      assert.equal(await store.insert(newSession('045800826')), false);
      assert.deepEqual(await store.get('045800826'), ended);
    });

    test('of many that claim one token at once, one gets it', async (t) => {
      const store = await createStore(t);
      const claims = await Promise.all(Array.from({ length: 10 }, () => store.insert(newSession('045800826'))));
      assert.equal(claims.filter(Boolean).length, 1);
    });

    test('finds a session by the user tokens of those present', async (t) => {
      const store = await createStore(t);
      const created = newSession('045800826');
      const withCustomer = joinedBy(created, 'customer', CUSTOMER);
      const withBoth = joinedBy(withCustomer, 'first controller', CONTROLLER);
      const withThree = joinedBy(withBoth, 'second controller', CONTROLLER);
      const withoutFirst = exit(withThree, 'first controller');
      await store.insert(created);
      for (const [current, next] of pairs([created, withCustomer, withBoth, withThree, withoutFirst])) {
        assert.equal(await store.replace(current, next), true);
      }
      assert.deepEqual(await store.findByUserToken('customer'), withoutFirst);
      assert.deepEqual(await store.findByUserToken('second controller'), withoutFirst);
      assert.equal(await store.findByUserToken('first controller'), undefined);

      const ended = stop(withoutFirst, 'second controller');
      await store.replace(withoutFirst, ended);
      assert.deepEqual(await store.findByUserToken('second controller'), ended);
    });

    test('refuses to replace a session that has changed since it was read', async (t) => {
      const store = await createStore(t);
      const created = newSession('045800826');
      const withCustomer = joinedBy(created, 'customer', CUSTOMER);
      await store.insert(created);
      await store.replace(created, withCustomer);
      assert.equal(await store.replace(created, joinedBy(created, 'late', CONTROLLER)), false);
      assert.deepEqual(await store.get('045800826'), withCustomer);
      assert.equal(await store.findByUserToken('late'), undefined);
    });

    test('refuses to replace a session that it does not have', async (t) => {
      const store = await createStore(t);
      const session = newSession('045800826');
      assert.equal(await store.replace(session, joinedBy(session, 'customer', CUSTOMER)), false);
      assert.equal(await store.get('045800826'), undefined);
      assert.equal(await store.findByUserToken('customer'), undefined);
    });

    test('of many that replace one session at once, one succeeds', async (t) => {
      const store = await createStore(t);
      const session = newSession('045800826');
      await store.insert(session);
      const replaced = await Promise.all(
        Array.from({ length: 10 }, (_, i) => store.replace(session, joinedBy(session, `user ${i}`, CUSTOMER))),
      );
      assert.equal(replaced.filter(Boolean).length, 1);
    });

    test('counts the sessions of each node by state', async (t) => {
      const store = await createStore(t);
      assert.deepEqual(await store.counts(OWNER), { inactive: 0, active: 0, cancelled: 0, completed: 0 });

      const waiting = newSession('000000001');
      const cancelled = joinedBy(newSession('000000002'), 'customer', CUSTOMER);
      const active = newSession('000000003');
      const completed = joinedBy(newSession('000000004'), 'controller', CONTROLLER);
      const foreign = newSession('000000005', { serverName: 'CB_Server_2' });
      for (const session of [waiting, cancelled, active, completed, foreign]) await store.insert(session);
      await store.replace(cancelled, exit(cancelled, 'customer'));
      await store.replace(active, joinedBy(active, 'other controller', CONTROLLER));
      await store.replace(completed, stop(completed, 'controller'));
      // Neither changes anything, so neither counts.
      await store.insert(waiting);
      await store.replace(completed, stop(completed, 'controller'));

      assert.deepEqual(await store.counts(OWNER), { inactive: 1, active: 1, cancelled: 1, completed: 1 });
      assert.deepEqual(await store.counts('CB_Server_2'), { inactive: 1, active: 0, cancelled: 0, completed: 0 });
    });
  });
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
