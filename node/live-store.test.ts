/** What participants of live sessions notice of the limits of their node and of a Redis that is away. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pino } from 'pino';
import { StockClient, type TransportType } from './live/testing/stock-client.ts';
import { openSessionStore } from './sessions/open-store.ts';
import { CONTROLLER, CUSTOMER } from './sessions/session.ts';
import { eventually } from './testing/eventually.ts';
import { startTestNode } from './testing/nodes.ts';
import { REDIS_SKIP, RedisServer } from './testing/redis-server.ts';

const TRANSPORTS: readonly TransportType[] = ['websocket', 'long-polling'];
const TIMING = { timeoutMs: 1_000, heartbeatMs: 50, firstRetryMs: 10, lastRetryMs: 100 };

/** What a create is refused with; undefined when it is not. */
async function refusalOf(client: StockClient): Promise<string | undefined> {
  const { error } = await client.ask('/service/session/create');
  return (error as { readonly code: string } | undefined)?.code;
}

for (const transport of TRANSPORTS) {
  test(`over ${transport} a create beyond the limit of sessions is refused until one has ended`, async (t) => {
    const { url } = await startTestNode(t, { maxSessions: 1 });
    const customer = await StockClient.connect(t, { url: `${url}/cometd`, transport });
    const { sessionToken } = await customer.ask('/service/session/create');
    await customer.ask('/service/session/join', { sessionToken, role: CUSTOMER, name: 'Ann' });
    assert.equal(await refusalOf(customer), 'too_many_sessions');
    await customer.ask('/service/session/exit');
    assert.equal(await refusalOf(customer), undefined);
  });

  test(`over ${transport} a session that was never activated cannot be stopped, and goes on`, async (t) => {
    const { url, sessions } = await startTestNode(t);
    const customer = await StockClient.connect(t, { url: `${url}/cometd`, transport });
    const { sessionToken } = await customer.ask('/service/session/create');
    const { userToken } = await customer.ask('/service/session/join', { sessionToken, role: CUSTOMER, name: 'Ann' });
    const { error } = await customer.ask('/service/session/stop');
    assert.equal((error as { readonly code: string }).code, 'not_controller');
    const rest = await fetch(`${url}/rest/live/users/${userToken}/session/stop`);
    assert.equal(rest.status, 403);
    assert.deepEqual([sessions.counts().inactive, sessions.counts().live], [1, 1]);
  });
}

describe('while Redis is away', { skip: REDIS_SKIP }, () => {
  for (const transport of TRANSPORTS) {
    test(`over ${transport} messages pass, nobody creates, and it heals by itself`, async (t) => {
      const redis = await RedisServer.start(t);
      const log = pino({ level: 'silent' });
      const store = await openSessionStore({ url: redis.url(), serverName: 'A', log, timing: TIMING });
      const node = await startTestNode(t, { name: 'A' }, { store });
      const connect = () => StockClient.connect(t, { url: `${node.url}/cometd`, transport });
      const [customer, controller] = await Promise.all([connect(), connect()]);
      const { sessionToken } = await customer.ask('/service/session/create');
      await customer.ask('/service/session/join', { sessionToken, role: CUSTOMER, name: 'Ann' });
      await controller.ask('/service/session/join', { sessionToken, role: CONTROLLER, name: 'Bob' });
      const channel = `/session/${sessionToken}/page`;
      await Promise.all([customer.subscribe(channel), controller.subscribe(channel)]);
      await redis.kill();
      await eventually('it is noticed', () => store.status().state === 'unavailable');

      for (const [sender, receiver] of [
        [customer, controller],
        [controller, customer],
      ] as const) {
        await sender.publish(channel, 'on');
        assert.equal((await receiver.next(channel)).data, 'on');
        assert.equal((await sender.next(channel)).data, 'on');
      }
      const other = await connect();
      assert.equal(await refusalOf(other), 'store_unavailable');
      await redis.run();
      await eventually('it is back', () => store.status().state === 'ready');
      assert.equal(await refusalOf(other), undefined);
      const { error } = await controller.ask('/service/session/stop');
      assert.equal(error, undefined);
    });
  }
});
