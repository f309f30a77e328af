import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { AGENT, CONTROLLER, CUSTOMER, type Role } from '../sessions/session.ts';
import { type LiveNode, startLiveNode } from './testing/live-node.ts';
import { StockClient, type TransportType } from './testing/stock-client.ts';

const TRANSPORTS: readonly TransportType[] = ['websocket', 'long-polling'];

async function join(client: StockClient, sessionToken: string, role: Role, name = `role ${role}`) {
  const joined = await client.ask('/service/session/join', { sessionToken, role, name });
  assert.equal(joined.error, undefined, JSON.stringify(joined));
  return joined;
}

/** A customer and a controller in one session. */
async function startSession(t: TestContext, { url }: LiveNode, transport: TransportType) {
  const customer = await StockClient.connect(t, { url, transport });
  const { sessionToken } = await customer.ask('/service/session/create');
  assert.ok(typeof sessionToken === 'string');
  await join(customer, sessionToken, CUSTOMER, 'Ann');
  const controller = await StockClient.connect(t, { url, transport });
  const joined = await join(controller, sessionToken, CONTROLLER, 'Bob');
  const ended = `/session/${sessionToken}/ended`;
  for (const client of [customer, controller]) client.listen(ended);
  return { customer, controller, sessionToken, joined, ended };
}

for (const transport of TRANSPORTS) {
  describe(`over ${transport}`, () => {
    test('a customer and an agent create, join, exchange messages and stop', async (t) => {
      const live = await startLiveNode(t);
      const { customer, controller, sessionToken, joined, ended } = await startSession(t, live, transport);
      assert.match(sessionToken, /^\d{9}$/);
      assert.match(String(joined.userToken), /^[A-Za-z0-9_-]{32}$/);
      assert.match(String(joined.sessionHistoryId), /^[0-9a-f-]{36}$/);
      const users = joined.users as readonly Record<string, unknown>[];
      assert.deepEqual(
        users.map(({ role, name }) => ({ role, name })),
        [
          { role: CUSTOMER, name: 'Ann' },
          { role: CONTROLLER, name: 'Bob' },
        ],
      );
      assert.equal(users[1]?.userId, joined.userId);
      assert.deepEqual(Object.keys(users[0] ?? {}), ['userId', 'role', 'name']);

      const channel = `/session/${sessionToken}/page`;
      assert.equal((await controller.subscribe(channel)).successful, true);
      const message = { html: '<p>ü — 𝄞</p>', __proto__: null };
      assert.equal((await customer.publish(channel, message)).successful, true);
      assert.deepEqual((await controller.next(channel)).data, { html: '<p>ü — 𝄞</p>' });

      const stopped = await controller.ask('/service/session/stop');
      assert.ok(Number(stopped.activationTime) <= Number(stopped.deactivationTime));
      for (const client of [customer, controller]) {
        assert.deepEqual((await client.next(ended)).data, { cause: 'stopped', ...stopped });
      }
      const rest = await fetch(`${live.node.url}/rest/live/users/${joined.userToken}/session/stop`);
      assert.deepEqual(await rest.json(), stopped);
      assert.deepEqual(await controller.ask('/service/session/stop'), stopped);
      assert.equal((await customer.publish(channel, {})).error, '403::No such channel for this client');
    });

    test('an answer of a service goes to the asking client alone', async (t) => {
      const { url } = await startLiveNode(t);
      const asking = await StockClient.connect(t, { url, transport });
      const other = await StockClient.connect(t, { url, transport });
      other.listen('/service/session/create');
      const { sessionToken } = await asking.ask('/service/session/create');
      // The first that it hears is the answer to its own.
      assert.notEqual((await other.ask('/service/session/create')).sessionToken, sessionToken);
    });

    test('a stop by REST is told to the participants', async (t) => {
      const live = await startLiveNode(t);
      const { customer, joined, ended } = await startSession(t, live, transport);
      const rest = await fetch(`${live.node.url}/rest/live/users/${joined.userToken}/session/stop`);
      assert.equal(rest.status, 200);
      assert.deepEqual((await customer.next(ended)).data, { cause: 'stopped', ...((await rest.json()) as object) });
    });

    test('the session ends when the customer exits, disconnects or is gone, and nobody joins again', async (t) => {
      const live = await startLiveNode(t, { timeoutMs: 1_000, maxIntervalMs: 3_000 });
      const ways: readonly ((customer: StockClient) => unknown)[] = [
        (customer) => customer.ask('/service/session/exit'),
        (customer) => customer.disconnect(),
        (customer) => customer.abandon(),
      ];
      for (const leave of ways) {
        const { customer, controller, sessionToken, ended } = await startSession(t, live, transport);
        await leave(customer);
        const { data } = await controller.next(ended);
        assert.equal(data.cause, 'left');
        const late = await controller.ask('/service/session/join', { sessionToken, role: AGENT, name: 'late' });
        assert.equal((late.error as { code: string }).code, 'session_ended');
      }
    });

    test('a session that was never activated cannot be stopped, and goes on', async (t) => {
      const { node, url } = await startLiveNode(t);
      const customer = await StockClient.connect(t, { url, transport });
      const { sessionToken } = await customer.ask('/service/session/create');
      const { userToken } = await customer.ask('/service/session/join', { sessionToken, role: CUSTOMER, name: 'Ann' });
      const { error } = await customer.ask('/service/session/stop');
      assert.equal((error as { readonly code: string }).code, 'not_controller');
      const rest = await fetch(`${node.url}/rest/live/users/${userToken}/session/stop`);
      assert.equal(rest.status, 403);
      const { inactive, live } = node.sessions.counts();
      assert.deepEqual([inactive, live], [1, 1]);
    });

    test('participants hear who joins and leaves', async (t) => {
      const live = await startLiveNode(t);
      const { customer, sessionToken } = await startSession(t, live, transport);
      const users = `/session/${sessionToken}/users`;
      customer.listen(users);
      const agent = await StockClient.connect(t, { url: live.url, transport });
      await join(agent, sessionToken, AGENT, 'Cid');
      const roles = async () => ((await customer.next(users)).data.users as { role: number }[]).map(({ role }) => role);
      assert.deepEqual(await roles(), [CUSTOMER, CONTROLLER, AGENT]);
      assert.deepEqual(await agent.ask('/service/session/exit'), { sessionToken });
      assert.deepEqual(await roles(), [CUSTOMER, CONTROLLER]);
    });

    test('messages of several MB pass in both directions', async (t) => {
      const live = await startLiveNode(t);
      const { customer, controller, sessionToken } = await startSession(t, live, transport);
      const channel = `/session/${sessionToken}/snapshot`;
      await Promise.all([customer.subscribe(channel), controller.subscribe(channel)]);
      const css = 'x'.repeat(5 * 1024 * 1024);
      for (const [sender, receiver] of [
        [customer, controller],
        [controller, customer],
      ] as const) {
        const acknowledged = sender.publish(channel, { css });
        const [message] = await Promise.all([receiver.next(channel), sender.next(channel), acknowledged]);
        assert.equal(message.data.css.length, css.length);
      }
    });
  });
}
