import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Lifetimes } from './lifetimes.ts';
import { MemorySessionStore } from './memory-store.ts';
import { type SessionEnd, SessionService, type SessionServiceOptions } from './service.ts';
import { AGENT, CONTROLLER, CUSTOMER, type Role } from './session.ts';

const LIFETIMES: Lifetimes = { neverJoinedMs: 1_000, abandonedMs: 2_000, retentionMs: 3_000, historyMs: 5_000 };
const EPOCH = 1_368_722_791_040;

/** A service whose time is `clock.ms`, and the ends that it told. */
function newNode(options: Partial<SessionServiceOptions> = {}) {
  const clock = { ms: 0 };
  const elapsed = (): number => clock.ms;
  const store = new MemorySessionStore({ elapsed });
  const now = (): number => EPOCH + clock.ms;
  const service = new SessionService({ store, serverName: 'A', lifetimes: LIFETIMES, now, elapsed, ...options });
  const ends: SessionEnd[] = [];
  service.on('ended', (end) => ends.push(end));
  const sweepAt = (ms: number): Promise<void> => {
    clock.ms = ms;
    return service.sweep();
  };
  return { clock, store, service, ends, sweepAt };
}

async function create(service: SessionService): Promise<string> {
  const result = await service.create();
  assert.ok(result.outcome === 'created');
  return result.session.sessionToken;
}

/** @returns user token and id of the history */
async function join(service: SessionService, sessionToken: string, role: Role) {
  const result = await service.join(sessionToken, role, 'someone');
  assert.ok(result.outcome === 'joined');
  return { userToken: result.participant.userToken, historyId: result.session.historyId };
}

describe('a session that no agent joins', () => {
  test('is cancelled in time, whether or not its customer is there', async () => {
    const { service, ends, sweepAt } = newNode();
    const token = await create(service);
    await join(service, token, CUSTOMER);
    await sweepAt(999);
    service.touch(token);
    assert.notEqual(await service.getLive(token), undefined);
    await sweepAt(1_000);
    assert.equal(await service.getLive(token), undefined);
    assert.deepEqual(ends, [
      { token, cause: 'never_joined', activationTime: undefined, deactivationTime: EPOCH + 1_000 },
    ]);
    assert.deepEqual(service.counts(), { live: 0, inactive: 0, active: 0, cancelled: 1, completed: 0 });
    assert.deepEqual(await service.join(token, AGENT, 'late'), { outcome: 'deactivated' });
  });

  test('cannot be stopped by its customer, who is told so also after its end', async () => {
    const { service, sweepAt } = newNode();
    const { userToken } = await join(service, await create(service), CUSTOMER);
    assert.deepEqual(await service.stop(userToken), { outcome: 'not_controller' });
    await sweepAt(1_000);
    assert.deepEqual(await service.stop(userToken), { outcome: 'not_controller' });
  });
});

describe('an active session', () => {
  test('is abandoned when there was no sign of life for long', async () => {
    const { clock, service, ends, sweepAt } = newNode();
    const token = await create(service);
    clock.ms = 900;
    await join(service, token, AGENT);
    await sweepAt(2_899);
    assert.deepEqual(ends, []);
    await sweepAt(2_900);
    const times = { activationTime: EPOCH + 900, deactivationTime: EPOCH + 2_900 };
    assert.deepEqual(ends, [{ token, cause: 'abandoned', ...times }]);
    assert.deepEqual(service.counts(), { live: 0, inactive: 0, active: 0, cancelled: 0, completed: 1 });
  });

  test('lives as long as there are signs of life, and the store keeps it', async () => {
    const { clock, service, sweepAt } = newNode();
    const token = await create(service);
    await join(service, token, AGENT);
    for (let hour = 1; hour <= 3; hour++) {
      for (let i = 0; i < 3_600; i++) {
        clock.ms += 1_000;
        service.touch(token);
        await sweepAt(clock.ms);
      }
      assert.equal((await service.getLive(token))?.state, 'active');
    }
  });

  test('is stopped with the same answer until its retention is over, then its token is free', async () => {
    const { clock, store, service, ends, sweepAt } = newNode();
    const token = await create(service);
    const { userToken } = await join(service, token, CONTROLLER);
    clock.ms = 100;
    const first = await service.stop(userToken);
    await sweepAt(3_099);
    assert.deepEqual(await service.stop(userToken), first);
    await sweepAt(3_100);
    assert.deepEqual(await service.stop(userToken), { outcome: 'user_not_found' });
    assert.deepEqual(await service.join(token, AGENT, 'late'), { outcome: 'session_not_found' });
    assert.equal(store.size, 0);
    const times = { activationTime: EPOCH, deactivationTime: EPOCH + 100 };
    assert.deepEqual(ends, [{ token, cause: 'stopped', ...times }]);
  });

  test('tells its end once, whoever leaves last', async () => {
    const { service, ends } = newNode();
    const token = await create(service);
    const users = await Promise.all([CUSTOMER, AGENT, CONTROLLER].map((role) => join(service, token, role as Role)));
    await Promise.all(users.map(({ userToken }) => service.exit(userToken)));
    assert.equal(ends.length, 1);
    assert.equal(ends[0]?.cause, 'left');
  });
});

test('idle times do not depend on the clock of the wall', async () => {
  const node = newNode();
  let wall = EPOCH;
  const service = new SessionService({
    store: new MemorySessionStore(),
    serverName: 'A',
    lifetimes: LIFETIMES,
    now: () => wall,
    elapsed: () => node.clock.ms,
  });
  const token = await create(service);
  wall += 86_400_000;
  await service.sweep();
  assert.notEqual(await service.getLive(token), undefined);
  wall = EPOCH - 86_400_000;
  node.clock.ms = 1_000;
  await service.sweep();
  assert.equal(await service.getLive(token), undefined);
});

describe('a limit on live sessions', () => {
  test('is kept, however many come at once, and frees up with each end', async () => {
    const { service } = newNode({ maxSessions: 3 });
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => service.create()));
    assert.equal(outcomes.filter(({ outcome }) => outcome === 'created').length, 3);
    assert.equal(outcomes.filter(({ outcome }) => outcome === 'too_many_sessions').length, 7);
    const [first] = outcomes;
    assert.ok(first?.outcome === 'created');
    const { userToken } = await join(service, first.session.sessionToken, CUSTOMER);
    await service.exit(userToken);
    assert.equal((await service.create()).outcome, 'created');
    assert.deepEqual(await service.create(), { outcome: 'too_many_sessions' });
  });
});

describe('a node of a cluster', () => {
  test('sends those who want to join to the owner', async () => {
    const { store, service: owner } = newNode({ serverUrl: 'https://a.example.com/cobrowse' });
    const other = new SessionService({ store, serverName: 'B' });
    const token = await create(owner);
    const joined = await other.join(token, AGENT, 'agent');
    assert.ok(joined.outcome === 'other_node');
    assert.equal(joined.session.serverName, 'A');
    assert.equal(joined.session.serverUrl, 'https://a.example.com/cobrowse');
    assert.equal((await owner.getLive(token))?.participants.length, 0);
    assert.equal(await other.recordPage(token, 'https://shop.example.com/'), 'session_not_found');
  });

  test('takes no part in sessions that it had before it was restarted', async () => {
    const { store, service: before } = newNode();
    const token = await create(before);
    const { userToken } = await join(before, token, CONTROLLER);
    const after = new SessionService({ store, serverName: 'A' });
    assert.equal(await after.getLive(token), undefined);
    assert.deepEqual(await after.join(token, AGENT, 'agent'), { outcome: 'session_not_found' });
    assert.equal(after.counts().live, 0);
    assert.equal((await after.stop(userToken)).outcome, 'stopped');
  });

  test('that stops for good ends its live sessions', async () => {
    const { service, ends } = newNode();
    const [waiting, active] = [await create(service), await create(service)];
    await join(service, active, AGENT);
    await service.close();
    assert.deepEqual(
      ends.map(({ token, cause }) => [token, cause]),
      [
        [waiting, 'node_stopped'],
        [active, 'node_stopped'],
      ],
    );
  });
});

describe('a history', () => {
  test('has the times and pages of its session, and outlives it', async () => {
    const { clock, service, sweepAt } = newNode();
    const token = await create(service);
    const { userToken, historyId } = await join(service, token, CONTROLLER);
    assert.equal(await service.recordPage(token, 'https://u:p@shop.example.com/cart?x=1'), 'recorded');
    clock.ms = 50;
    assert.equal(await service.recordPage(token, 'https://shop.example.com/pay'), 'recorded');
    assert.equal(await service.recordPage(token, 'javascript:alert(1)'), 'invalid_url');
    const live = {
      id: historyId,
      sessionToken: token,
      createdAt: EPOCH,
      activatedAt: EPOCH,
      pages: [
        { url: 'https://shop.example.com/cart?x=1', enteredAt: EPOCH },
        { url: 'https://shop.example.com/pay', enteredAt: EPOCH + 50 },
      ],
    };
    assert.deepEqual(await service.findHistory(historyId), live);

    clock.ms = 100;
    await service.stop(userToken);
    await sweepAt(5_099);
    assert.deepEqual(await service.findHistory(historyId), { ...live, deactivatedAt: EPOCH + 100 });
    assert.equal(await service.recordPage(token, 'https://shop.example.com/'), 'session_not_found');
    await sweepAt(5_100);
    assert.equal(await service.findHistory(historyId), undefined);
  });

  test('is not kept of a session that nobody joined', async () => {
    const { service, store, sweepAt } = newNode();
    const session = await store.get(await create(service));
    await sweepAt(1_000);
    assert.equal(await service.findHistory(session?.historyId ?? ''), undefined);
  });

  test('is written with the end also by another node, without losing pages', async () => {
    const { store, service: owner } = newNode();
    const other = new SessionService({ store, serverName: 'B' });
    const token = await create(owner);
    const { userToken, historyId } = await join(owner, token, CONTROLLER);
    await owner.recordPage(token, 'https://shop.example.com/');
    const stopped = await other.stop(userToken);
    assert.ok(stopped.outcome === 'stopped');
    const history = await other.findHistory(historyId);
    assert.equal(history?.deactivatedAt, stopped.session.deactivatedAt);
    assert.equal(history?.pages.length, 1);
  });
});
