import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { AGENT, CONTROLLER, CUSTOMER } from '../sessions/session.ts';
import { ALLOWED_ORIGIN, startTestNode } from '../testing/nodes.ts';
import { startProxy } from './testing/proxy-process.ts';
import { StockClient, type TransportType } from './testing/stock-client.ts';

const COOKIE = 'gcbSessionServer';

interface SessionAnswer {
  readonly sessionToken: string;
  readonly sessionServerName: string;
}

async function startCluster(t: TestContext): Promise<string> {
  const nodes = await Promise.all(['CB_1', 'CB_2', 'CB_3'].map((name) => startTestNode(t, { name })));
  return startProxy(t, nodes, ALLOWED_ORIGIN);
}

/** An agent asks whose session it is, and writes the cookie itself, as the desktop does. */
async function connectAgent(t: TestContext, base: string, transport: TransportType, sessionToken: string) {
  const session = await fetch(`${base}/rest/live/sessions/${sessionToken}`, { headers: { Origin: ALLOWED_ORIGIN } });
  assert.equal(session.status, 200);
  const { sessionServerName } = (await session.json()) as SessionAnswer;
  const agent = new StockClient(t, { url: `${base}/cometd`, transport });
  agent.setCookie(`${COOKIE}=${sessionServerName}`);
  assert.equal((await agent.handshake()).successful, true);
  return { agent, sessionServerName };
}

const transports: readonly [customer: TransportType, agent: TransportType][] = [
  ['websocket', 'websocket'],
  ['long-polling', 'long-polling'],
  ['websocket', 'long-polling'],
];

test('customer and agents share a session through the proxy, over each transport', async (t) => {
  const base = await startCluster(t);
  for (const [customerTransport, agentTransport] of transports) {
    const created = await fetch(`${base}/rest/live/sessions`, { method: 'POST' });
    const { sessionToken, sessionServerName } = (await created.json()) as SessionAnswer;
    const customer = new StockClient(t, { url: `${base}/cometd`, transport: customerTransport });
    for (const cookie of created.headers.getSetCookie()) customer.setCookie(cookie);
    await customer.handshake();
    const joined = await customer.ask('/service/session/join', { sessionToken, role: CUSTOMER, name: 'Ann' });
    assert.equal(joined.error, undefined, JSON.stringify(joined));

    const { agent, sessionServerName: owner } = await connectAgent(t, base, agentTransport, sessionToken);
    assert.equal(owner, sessionServerName);
    const { userToken } = await agent.ask('/service/session/join', { sessionToken, role: CONTROLLER, name: 'Bob' });
    const channel = `/session/${sessionToken}/page`;
    await Promise.all([customer.subscribe(channel), agent.subscribe(channel)]);
    const css = 'x'.repeat(3 * 1024 * 1024);
    await customer.publish(channel, css);
    assert.equal((await agent.next(channel)).data.length, css.length);

    customer.listen(`/session/${sessionToken}/ended`);
    const stopped = await fetch(`${base}/rest/live/users/${userToken}/session/stop`);
    const times = (await stopped.json()) as object;
    assert.deepEqual((await customer.next(`/session/${sessionToken}/ended`)).data, { cause: 'stopped', ...times });
  }
});

test('a client that creates over long polling or WebSocket stays on the node that it got', async (t) => {
  const base = await startCluster(t);
  for (const transport of ['long-polling', 'websocket'] as const) {
    const customer = await StockClient.connect(t, { url: `${base}/cometd`, transport });
    const { sessionToken } = await customer.ask('/service/session/create');
    assert.ok(typeof sessionToken === 'string');
    const owner = customer.cookies.get(COOKIE);
    await customer.ask('/service/session/join', { sessionToken, role: CUSTOMER, name: 'Ann' });
    const { agent, sessionServerName } = await connectAgent(t, base, transport, sessionToken);
    assert.equal(owner, sessionServerName);
    const joined = await agent.ask('/service/session/join', { sessionToken, role: AGENT, name: 'Bob' });
    assert.equal(joined.error, undefined);
  }
});
