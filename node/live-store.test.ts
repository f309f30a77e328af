/** What participants of live sessions notice of a Redis that is away. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pino } from 'pino';
import { StockClient, type TransportType } from './live/testing/stock-client.ts';
import { openSessionStore } from './sessions/open-store.ts';
import { CONTROLLER, CUSTOMER } from './sessions/session.ts';
import { eventually } from './testing/eventually.ts';
import { startTestNode } from './testing/nodes.ts';
import { QUICK_TIMING, REDIS_SKIP, RedisServer } from './testing/redis-server.ts';

const TRANSPORTS: readonly TransportType[] = ['websocket', 'long-polling'];

/** What a create is refused with; undefined when it is not. */
async function refusalOf(client: StockClient): Promise<string | undefined> {
  const { error } = await client.ask('/service/session/create');
  return (error as { readonly code: string } | undefined)?.code;
}

describe('while Redis is away', { skip: REDIS_SKIP }, () => {
  for (const transport of TRANSPORTS) {
    test(`over ${transport} messages pass, nobody creates, and it heals by itself`, async (t) => {
      const redis = await RedisServer.start(t);
      const log = pino({ level: 'silent' });
      const store = await openSessionStore({ url: redis.url(), serverName: 'A', log, timing: QUICK_TIMING });
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
