import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CUSTOMER } from '../sessions/session.ts';
import { eventually } from '../testing/eventually.ts';
import { startTestNode } from '../testing/nodes.ts';
import { startLiveNode } from './testing/live-node.ts';
import { handshake, post, RawWebSocket } from './testing/raw-bayeux.ts';
import { StockClient } from './testing/stock-client.ts';

const UNKNOWN_CLIENT = '402::Unknown client';
const TOO_MANY_MESSAGES = '429::Too many messages';
const from = (address: string) => ({ 'X-Forwarded-For': address });

describe('a client that floods is cut off, and others are not', () => {
  const limits = { messagesPerSecond: 0.001, messageBurst: 5 };
  const messages = (clientId: string) => Array(10).fill({ channel: '/service/session/exit', clientId });

  test('by long polling', async (t) => {
    const { url } = await startLiveNode(t, limits);
    const other = await handshake(url);
    const { clientId, headers } = await handshake(url);
    const { replies } = await post(url, messages(clientId), headers);
    const errors = replies.filter(({ successful }) => successful === false);
    assert.deepEqual(
      errors.map(({ channel, error, advice }) => [channel, error, advice?.reconnect]),
      [
        ['/meta/disconnect', TOO_MANY_MESSAGES, 'none'],
        ['/service/session/exit', TOO_MANY_MESSAGES, 'none'],
      ],
    );
    const again = await post(url, messages(clientId).slice(0, 1), headers);
    assert.equal(again.replies[0]?.error, UNKNOWN_CLIENT);
    const [reply] = (await post(url, messages(other.clientId).slice(0, 1), other.headers)).replies.slice(-1);
    assert.equal(reply?.successful, true);
  });

  for (const transport of ['websocket', 'long-polling'] as const) {
    test(`by ${transport}, a stock client`, async (t) => {
      const { node, url } = await startLiveNode(t, { ...limits, messageBurst: 20 });
      const client = await StockClient.connect(t, { url, transport });
      const disconnected = client.next('/meta/disconnect');
      client.cometd.batch(() => {
        for (let i = 0; i < 30; i++) client.cometd.publish('/service/session/exit', {});
      });
      assert.equal((await disconnected).error, TOO_MANY_MESSAGES);
      assert.equal(client.cometd.isDisconnected(), true);
      await eventually('the client is gone', () => node.live.counts.clients === 0);
    });
  }

  test('by WebSocket, one without a client id', async (t) => {
    const { url } = await startLiveNode(t, limits);
    const socket = await RawWebSocket.open(t, url);
    for (let i = 0; i < 10; i++) socket.send({ channel: '/meta/connect', clientId: 'nobody' });
    const { code, reason } = await socket.closed;
    assert.deepEqual([code, reason], [1008, TOO_MANY_MESSAGES]);
  });
});

test('handshakes are limited by address, the one behind a trusted proxy', async (t) => {
  const { url } = await startLiveNode(t, { handshakesPerSecond: 0.001, handshakeBurst: 3 });
  const shake = (address: string) => post(url, { channel: '/meta/handshake' }, from(address));
  for (let i = 0; i < 3; i++) assert.equal((await shake('203.0.113.1')).replies[0]?.successful, true);
  const [refused] = (await shake('198.51.100.7, 203.0.113.1')).replies;
  assert.deepEqual([refused?.error, refused?.advice?.reconnect], ['429::Too many handshakes', 'handshake']);
  assert.equal((await shake('203.0.113.2')).replies[0]?.successful, true);
  const socket = await RawWebSocket.open(t, url, from('203.0.113.1'));
  socket.send({ channel: '/meta/handshake' });
  assert.equal((await socket.next()).error, '429::Too many handshakes');
});

test('tokens cannot be guessed: failed joins are limited by address, right ones do not count', async (t) => {
  const { url } = await startLiveNode(t, { failedJoinsPerMinute: 0.001, failedJoinBurst: 3 });
  const customer = await StockClient.connect(t, { url });
  const { sessionToken } = await customer.ask('/service/session/create');
  const wrong = sessionToken === '000000001' ? '000000002' : '000000001';
  const headers = from('203.0.113.1');
  const join = async (client: StockClient, token: unknown) => {
    const { error } = await client.ask('/service/session/join', { sessionToken: token, role: 2, name: '' });
    return (error as { code?: string } | undefined)?.code;
  };
  const agents: StockClient[] = [];
  for (let i = 0; i < 6; i++) {
    const agent = await StockClient.connect(t, { url, headers });
    assert.equal(await join(agent, sessionToken), undefined);
    agents.push(agent);
  }
  const guesser = await StockClient.connect(t, { url, headers });
  for (let i = 0; i < 3; i++) assert.equal(await join(guesser, wrong), 'session_not_found');
  assert.equal(await join(guesser, wrong), 'too_many_attempts');
  assert.equal(await join(guesser, sessionToken), 'too_many_attempts');
  assert.equal(await join(await StockClient.connect(t, { url, headers }), wrong), 'too_many_attempts');
  assert.equal(
    await join(await StockClient.connect(t, { url, headers: from('203.0.113.2') }), sessionToken),
    undefined,
  );
});

describe('a create beyond the limit of sessions is refused until one has ended', () => {
  for (const transport of ['websocket', 'long-polling'] as const) {
    test(`by ${transport}`, async (t) => {
      const { url } = await startTestNode(t, { maxSessions: 1 });
      const customer = await StockClient.connect(t, { url: `${url}/cometd`, transport });
      const { sessionToken } = await customer.ask('/service/session/create');
      await customer.ask('/service/session/join', { sessionToken, role: CUSTOMER, name: 'Ann' });
      const refused = await customer.ask('/service/session/create');
      assert.equal((refused.error as { readonly code: string }).code, 'too_many_sessions');
      await customer.ask('/service/session/exit');
      assert.equal((await customer.ask('/service/session/create')).error, undefined);
    });
  }
});

test('10,000 handshakes without a connect stay bounded, are swept, and harm nobody', async (t) => {
  const { node, url } = await startLiveNode(t, {
    maxUnconnected: 100,
    maxIntervalMs: 3_000,
    handshakesPerSecond: 1_000,
    handshakeBurst: 20_000,
  });
  const before = await StockClient.connect(t, { url });
  const socket = await RawWebSocket.open(t, url);
  let most = 0;
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 500; i++) socket.send({ channel: '/meta/handshake', id: i });
    for (let i = 0; i < 500; i++) assert.equal((await socket.next()).successful, true);
    most = Math.max(most, node.live.counts.clients);
  }
  assert.ok(most <= 101 + 1, `${most} clients`);
  const after = await StockClient.connect(t, { url });
  for (const client of [before, after]) {
    assert.equal((await client.ask('/service/session/create')).error, undefined);
  }
  await eventually('those that never connected are swept', () => node.live.counts.clients === 2);
});

test('clients beyond the limit are refused, and welcome when there is room again', async (t) => {
  const { url } = await startLiveNode(t, { maxClients: 1 });
  const first = await handshake(url);
  const { replies } = await post(url, { channel: '/meta/handshake' });
  assert.deepEqual([replies[0]?.error, replies[0]?.advice?.reconnect], ['503::Too many clients', 'handshake']);
  await post(url, { channel: '/meta/disconnect', clientId: first.clientId }, first.headers);
  assert.ok((await handshake(url)).clientId);
});

test('a WebSocket without a client is closed', async (t) => {
  const { url } = await startLiveNode(t, { maxIntervalMs: 50 });
  const socket = await RawWebSocket.open(t, url);
  assert.deepEqual(await socket.closed, { code: 1008, reason: 'no client' });
});

test('a client that does not take what is delivered to it is cut off', async (t) => {
  const { node, url } = await startLiveNode(t, { maxQueueLength: 10_000, maxIntervalMs: 30_000 });
  const agent = await StockClient.connect(t, { url });
  const { sessionToken } = await agent.ask('/service/session/create');
  await agent.ask('/service/session/join', { sessionToken, role: 2, name: '' });
  const { clientId, headers } = await handshake(url);
  const channel = `/session/${sessionToken}/x`;
  await post(url, { channel: '/service/session/join', clientId, data: { sessionToken, role: 2 } }, headers);
  await post(url, { channel: '/meta/subscribe', clientId, subscription: channel }, headers);
  assert.equal(node.live.counts.clients, 2);
  for (let i = 0; i < 11; i++) await agent.publish(channel, 'x'.repeat(1_000));
  assert.equal(node.live.counts.clients, 1);
});

test('a WebSocket that is slow to take what is delivered gets all of it', async (t) => {
  // Its poll is held for as long as the machine may take for 20 MiB: the slow client asks only once.
  const { url } = await startLiveNode(t, { messageBurst: 10_000, timeoutMs: 120_000 });
  const agent = await StockClient.connect(t, { url });
  const { sessionToken } = await agent.ask('/service/session/create');
  await agent.ask('/service/session/join', { sessionToken, role: 2, name: '' });
  const slow = await RawWebSocket.open(t, url);
  const clientId = await slow.handshake();
  const channel = `/session/${sessionToken}/x`;
  slow.send([
    { channel: '/service/session/join', clientId, data: { sessionToken, role: 2 } },
    { channel: '/meta/subscribe', clientId, subscription: channel },
    { channel: '/meta/connect', clientId },
  ]);
  for (let i = 0; i < 3; i++) await slow.next();
  slow.socket.pause();
  for (let i = 0; i < 20; i++) await agent.publish(channel, `${i} ${'x'.repeat(1024 * 1024)}`);
  slow.socket.resume();
  for (let i = 0; i < 20; i++) assert.equal(Number.parseInt(String((await slow.next()).data), 10), i);
});

test('subscriptions are limited', async (t) => {
  const { url } = await startLiveNode(t, { maxSubscriptions: 2 });
  const client = await StockClient.connect(t, { url });
  const { sessionToken } = await client.ask('/service/session/create');
  await client.ask('/service/session/join', { sessionToken, role: 1, name: '' });
  const socket = await RawWebSocket.open(t, url);
  const subscription = ['a', 'b', 'c'].map((name) => `/session/${sessionToken}/${name}`);
  socket.send({ channel: '/meta/subscribe', subscription, clientId: client.clientId });
  assert.equal((await socket.next()).error, '403::No such channel for this client');
  const subscribe = async (name: string) => (await client.subscribe(`/session/${sessionToken}/${name}`)).successful;
  assert.deepEqual([await subscribe('a'), await subscribe('**'), await subscribe('b')], [true, true, false]);
});
