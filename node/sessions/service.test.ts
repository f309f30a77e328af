import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MemorySessionStore } from './memory-store.ts';
import { SessionService, type SessionServiceOptions } from './service.ts';
import { AGENT, CONTROLLER, CUSTOMER, type Role } from './session.ts';

function newService(options: Partial<SessionServiceOptions> = {}): SessionService {
  return new SessionService({ store: new MemorySessionStore(), serverName: 'CB_Server_1', ...options });
}

async function create(service: SessionService): Promise<string> {
  const result = await service.create();
  assert.ok(result.outcome === 'created');
  return result.session.sessionToken;
}

/** @returns the new user token */
async function join(service: SessionService, sessionToken: string, role: Role): Promise<string> {
  const result = await service.join(sessionToken, role, `role ${role}`);
  assert.ok(result.outcome === 'joined');
  return result.participant.userToken;
}

describe('create', () => {
  test('draws another token when the first is taken', async () => {
    const draws = ['000000001', '000000001', '000000001', '000000002'];
    const service = newService({ newSessionToken: () => draws.shift() ?? 'none left' });
    assert.equal(await create(service), '000000001');
    assert.equal(await create(service), '000000002');
  });

  test('gives up when every draw is taken', async () => {
    const service = newService({ newSessionToken: () => '000000001' });
    await create(service);
    assert.deepEqual(await service.create(), { outcome: 'no_token' });
  });

  test('fixes the URL of the node in the session: another node of the store tells the same', async () => {
    const store = new MemorySessionStore();
    const owner = newService({ store, serverUrl: 'https://node-1.example.com/cobrowse' });
    const other = newService({ store, serverName: 'CB_Server_2', serverUrl: 'https://node-2.example.com/cobrowse' });
    const session = await other.getLive(await create(owner));
    assert.equal(session?.serverName, 'CB_Server_1');
    assert.equal(session?.serverUrl, 'https://node-1.example.com/cobrowse');
  });
});

describe('a session', () => {
  test('is live until it is stopped, and stopped again gives the same times', async () => {
    let now = 1_000;
    const service = newService({ now: () => now });
    const sessionToken = await create(service);
    await join(service, sessionToken, CUSTOMER);
    now = 2_000;
    const controller = await join(service, sessionToken, CONTROLLER);
    assert.equal((await service.getLive(sessionToken))?.state, 'active');

    now = 3_000;
    const first = await service.stop(controller);
    assert.ok(first.outcome === 'stopped');
    assert.equal(first.session.activatedAt, 2_000);
    assert.equal(first.session.deactivatedAt, 3_000);
    assert.equal(await service.getLive(sessionToken), undefined);

    now = 4_000;
    assert.deepEqual(await service.stop(controller), first);
    assert.deepEqual(await service.join(sessionToken, AGENT, 'late'), { outcome: 'deactivated' });
  });

  test('is not stopped by customer, agent or stranger', async () => {
    const service = newService();
    const sessionToken = await create(service);
    const customer = await join(service, sessionToken, CUSTOMER);
    const agent = await join(service, sessionToken, AGENT);
    assert.deepEqual(await service.stop(customer), { outcome: 'not_controller' });
    assert.deepEqual(await service.stop(agent), { outcome: 'not_controller' });
    assert.deepEqual(await service.stop('stranger'), { outcome: 'user_not_found' });
    assert.equal((await service.getLive(sessionToken))?.state, 'active');
  });

  test('ends when the customer exits', async () => {
    const service = newService();
    const sessionToken = await create(service);
    const customer = await join(service, sessionToken, CUSTOMER);
    await join(service, sessionToken, AGENT);
    assert.equal((await service.exit(customer)).outcome, 'ended');
    assert.deepEqual(await service.exit(customer), { outcome: 'deactivated' });
    assert.deepEqual(await service.exit('stranger'), { outcome: 'user_not_found' });
  });

  test('cannot be joined when it does not exist', async () => {
    assert.deepEqual(await newService().join('000000001', AGENT, 'early'), { outcome: 'session_not_found' });
  });

  test('loses none of those who join at once', async () => {
    const service = newService();
    const sessionToken = await create(service);
    const tokens = await Promise.all(Array.from({ length: 8 }, () => join(service, sessionToken, AGENT)));
    const session = await service.getLive(sessionToken);
    assert.deepEqual(session?.participants.map(({ userToken }) => userToken).sort(), tokens.sort());
  });

  test('has one end, however many stop it at once', async () => {
    let now = 1_000;
    const service = newService({ now: () => now++ });
    const controller = await join(service, await create(service), CONTROLLER);
    const stops = await Promise.all(Array.from({ length: 8 }, () => service.stop(controller)));
    for (const stop of stops) assert.deepEqual(stop, stops[0]);
    assert.equal(service.counts().completed, 1);
  });
});

test('counts tell live sessions from cancelled and completed ones', async () => {
  const service = newService();
  await create(service);
  await join(service, await create(service), AGENT);
  await service.exit(await join(service, await create(service), CUSTOMER));
  await service.stop(await join(service, await create(service), CONTROLLER));
  assert.deepEqual(service.counts(), { inactive: 1, active: 1, cancelled: 1, completed: 1, live: 2 });
});
