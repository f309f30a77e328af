/** What participants of a live session notice when their node drains. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { LIVE_DEFAULTS } from './live/options.ts';
import { StockClient, type TransportType } from './live/testing/stock-client.ts';
import type { CobrowseNode } from './server.ts';
import { CONTROLLER, CUSTOMER } from './sessions/session.ts';
import { startTestNode } from './testing/nodes.ts';

const HOUR_MS = 3_600_000;
const TRANSPORTS: readonly TransportType[] = ['websocket', 'long-polling'];

async function startNodeThatDrains(t: TestContext): Promise<CobrowseNode> {
  const live = { ...LIVE_DEFAULTS, timeoutMs: 5_000, sweepMs: 50 };
  return startTestNode(t, { live, drainDeadlineMs: HOUR_MS, metrics: { host: '127.0.0.1', port: 0 } });
}

async function startSession(t: TestContext, { url }: CobrowseNode, transport: TransportType) {
  const [customer, controller] = await Promise.all([
    StockClient.connect(t, { url: `${url}/cometd`, transport }),
    StockClient.connect(t, { url: `${url}/cometd`, transport }),
  ]);
  const { sessionToken } = await customer.ask('/service/session/create');
  await customer.ask('/service/session/join', { sessionToken, role: CUSTOMER, name: 'Ann' });
  await controller.ask('/service/session/join', { sessionToken, role: CONTROLLER, name: 'Bob' });
  return { customer, controller, channel: `/session/${sessionToken}/page`, ended: `/session/${sessionToken}/ended` };
}

for (const transport of TRANSPORTS) {
  test(`over ${transport} a session goes on while its node drains, and its end is the node's`, async (t) => {
    const node = await startNodeThatDrains(t);
    const { customer, controller, channel, ended } = await startSession(t, node, transport);
    const stopped = node.stop();
    assert.equal((await fetch(`${node.url}/health`)).status, 503);

    assert.equal((await controller.subscribe(channel)).successful, true);
    await customer.publish(channel, { html: '<p>on</p>' });
    assert.deepEqual((await controller.next(channel)).data, { html: '<p>on</p>' });
    const latecomer = await StockClient.connect(t, { url: `${node.url}/cometd`, transport });
    const refusal = (await latecomer.ask('/service/session/create')).error as { readonly code: string };
    assert.equal(refusal.code, 'draining');

    const end = customer.next(ended);
    await controller.ask('/service/session/stop');
    assert.equal((await end).data.cause, 'stopped');
    await stopped;
    await assert.rejects(fetch(`${node.url}/health`));
  });

  test(`over ${transport} participants are told when the drain is cut short`, async (t) => {
    const node = await startNodeThatDrains(t);
    const { customer, controller, ended } = await startSession(t, node, transport);
    const ends = [customer.next(ended), controller.next(ended)];
    const stopped = node.stop();
    const { port = 0 } = node.metricsAddress ?? {};
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    for (const line of ['draining 1', 'live_sessions{state="active"} 1', `live_clients{transport="${transport}"} 2`]) {
      assert.ok(metrics.includes(`\ncobrowse_node_${line}\n`), line);
    }
    assert.match(
      metrics,
      new RegExp(`^cobrowse_node_live_messages_received_total{transport="${transport}"} [1-9]`, 'm'),
    );
    assert.match(metrics, new RegExp(`^cobrowse_node_live_sent_bytes_total{transport="${transport}"} [1-9]`, 'm'));

    await node.stop(0);
    for (const end of ends) assert.equal((await end).data.cause, 'node_stopped');
    await stopped;
  });
}
