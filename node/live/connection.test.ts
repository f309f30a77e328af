import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { eventually } from '../testing/eventually.ts';
import { startLiveNode } from './testing/live-node.ts';
import { handshake, type PollAnswer, post, RawWebSocket } from './testing/raw-bayeux.ts';
import { StockClient, type TransportType } from './testing/stock-client.ts';

const UNKNOWN_CLIENT = '402::Unknown client';
const NO_HOLD = { timeout: 0 };

/** A stock client, alone in a session that it has joined, and a channel that it is subscribed to. */
async function subscriber(t: TestContext, url: string, transport?: TransportType) {
  const client = await StockClient.connect(t, transport === undefined ? { url } : { url, transport });
  const { sessionToken } = await client.ask('/service/session/create');
  await client.ask('/service/session/join', { sessionToken, role: 1, name: 'customer' });
  const channel = `/session/${sessionToken}/x`;
  await client.subscribe(channel);
  return { client, channel, sessionToken };
}

describe('handshake', () => {
  test('tells the connection types and the times', async (t) => {
    const { url } = await startLiveNode(t, { timeoutMs: 30_000, maxIntervalMs: 15_000 });
    const { status, replies } = await post(url, { channel: '/meta/handshake', id: 7 });
    assert.equal(status, 200);
    const { clientId, ...reply } = replies[0] ?? {};
    assert.match(clientId ?? '', /^[0-9a-f]{40}$/);
    assert.deepEqual(reply, {
      channel: '/meta/handshake',
      id: 7,
      successful: true,
      version: '1.0',
      supportedConnectionTypes: ['websocket', 'long-polling'],
      advice: { reconnect: 'retry', interval: 0, timeout: 30_000, maxInterval: 15_000 },
    });
  });

  test('answers on the paths that the stock client appends, to every origin, with credentials', async (t) => {
    const { url } = await startLiveNode(t);
    const headers = { Origin: 'https://shop.example.com' };
    for (const path of ['', '/handshake']) {
      const answer = await post(`${url}${path}`, { channel: '/meta/handshake' }, headers);
      assert.equal(answer.headers.get('access-control-allow-origin'), 'https://shop.example.com');
      assert.equal(answer.headers.get('access-control-allow-credentials'), 'true');
      assert.equal(answer.headers.get('cache-control'), 'no-store');
    }
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: { ...headers, 'Access-Control-Request-Headers': 'content-type' },
    });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-methods'), 'POST');
    assert.equal(preflight.headers.get('access-control-allow-headers'), 'content-type');
    const get = await fetch(url);
    assert.deepEqual([get.status, get.headers.get('allow')], [405, 'POST, OPTIONS']);
    assert.equal((await fetch(`${url}x`, { method: 'POST' })).status, 404);
  });
});

describe('a stranger is told to shake hands', () => {
  const channels = ['/meta/connect', '/meta/subscribe', '/meta/disconnect', '/service/session/create', '/a/b'];
  for (const channel of channels) {
    test(channel, async (t) => {
      const { url } = await startLiveNode(t);
      const socket = await RawWebSocket.open(t, url);
      for (const clientId of ['0'.repeat(40), '__proto__', undefined, 7]) {
        const message = {
          channel,
          clientId,
          id: '1',
          ...(channel === '/meta/subscribe' ? { subscription: '/a' } : {}),
        };
        const advice = { reconnect: 'handshake', interval: 0 };
        const expected = { channel, id: '1', successful: false, error: UNKNOWN_CLIENT, advice };
        assert.deepEqual((await post(url, [message])).replies, [expected]);
        socket.send([message]);
        assert.deepEqual(await socket.next(), expected);
      }
    });
  }

  test('also one with the client id of another browser', async (t) => {
    const { url } = await startLiveNode(t);
    const { clientId } = await handshake(url);
    const { headers } = await handshake(url);
    for (const other of [headers, {}]) {
      const { replies } = await post(url, { channel: '/meta/connect', clientId, advice: NO_HOLD }, other);
      assert.equal(replies[0]?.error, UNKNOWN_CLIENT);
    }
  });
});

describe('a connect', () => {
  test('is held for the timeout and answered', async (t) => {
    const { url } = await startLiveNode(t, { timeoutMs: 150 });
    const { clientId, headers } = await handshake(url);
    const socket = await RawWebSocket.open(t, url);
    const socketId = await socket.handshake();
    const startedAt = performance.now();
    socket.send({ channel: '/meta/connect', id: '1', clientId: socketId });
    const { replies } = await post(url, { channel: '/meta/connect', id: '1', clientId }, headers);
    assert.deepEqual(replies, [{ id: '1', channel: '/meta/connect', successful: true }]);
    assert.deepEqual(await socket.next(), replies[0]);
    assert.ok(performance.now() - startedAt >= 145);
  });

  test('is held no longer than the client asks for, which is then told the times of the node', async (t) => {
    const { url } = await startLiveNode(t, { timeoutMs: 60_000 });
    const { clientId, headers } = await handshake(url);
    const { replies } = await post(url, { channel: '/meta/connect', clientId, advice: NO_HOLD }, headers);
    assert.equal(replies[0]?.advice?.timeout, 60_000);
  });

  test('gives way to another of the same client', async (t) => {
    const { node, url } = await startLiveNode(t);
    const { clientId, headers } = await handshake(url);
    const connect = { channel: '/meta/connect', clientId };
    const first = post(url, connect, headers);
    await eventually('the poll is held', () => node.live.counts.heldPolls === 1);
    const { replies } = await post(url, { ...connect, advice: NO_HOLD }, headers);
    assert.equal(replies[0]?.successful, true);
    const { status, replies: superseded } = await first;
    assert.deepEqual(
      [status, superseded[0]?.error],
      [409, '409::Another connect of the same client has taken its place'],
    );
  });

  test('is held for one client of a browser; the others poll now and then', async (t) => {
    const { node, url } = await startLiveNode(t, { multiplePollsIntervalMs: 1_234 });
    const first = await handshake(url);
    const second = await handshake(url, first.headers);
    const connect = (clientId: string) => post(url, { channel: '/meta/connect', clientId }, first.headers);
    const held = connect(first.clientId);
    await eventually('the poll is held', () => node.live.counts.heldPolls === 1);
    const { replies } = await connect(second.clientId);
    assert.deepEqual(replies[0]?.advice, { reconnect: 'retry', interval: 1_234, 'multiple-clients': true });
    await node.stop(0);
    await held;
  });
});

describe('a client that is gone', () => {
  test('is removed when it has not connected for maxInterval', async (t) => {
    const { node, url } = await startLiveNode(t, { maxIntervalMs: 1_000 });
    const { clientId, headers } = await handshake(url);
    const socket = await RawWebSocket.open(t, url);
    const socketId = await socket.handshake();
    await eventually('the clients are removed', () => node.live.counts.clients === 0);
    const { replies } = await post(url, { channel: '/meta/connect', clientId }, headers);
    assert.equal(replies[0]?.error, UNKNOWN_CLIENT);
    const again = await RawWebSocket.open(t, url);
    again.send({ channel: '/meta/connect', clientId: socketId });
    assert.equal((await again.next()).error, UNKNOWN_CLIENT);
    assert.equal((await socket.closed).code, 1000);
  });

  test('is not gone when it is this process that did not run', async (t) => {
    const { url } = await startLiveNode(t, { timeoutMs: 100, maxIntervalMs: 1_000 });
    const socket = await RawWebSocket.open(t, url);
    const clientId = await socket.handshake();
    socket.send({ channel: '/meta/connect', clientId });
    assert.equal((await socket.next()).successful, true);
    // The connect is in the kernel; the node stands still past the time that the client had for it.
    socket.send({ channel: '/meta/connect', clientId });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
    assert.equal((await socket.next()).successful, true);
  });

  test('stays for as long as its connect is held', async (t) => {
    const { url } = await startLiveNode(t, { timeoutMs: 1_500, maxIntervalMs: 1_000 });
    const { clientId, headers } = await handshake(url);
    const { replies } = await post(url, { channel: '/meta/connect', clientId }, headers);
    assert.equal(replies[0]?.successful, true);
  });

  test('leaves its held poll, and gets with the next what was delivered meanwhile', async (t) => {
    const { node, url } = await startLiveNode(t, { maxIntervalMs: 60_000 });
    const agent = await StockClient.connect(t, { url });
    const { sessionToken } = await agent.ask('/service/session/create');
    await agent.ask('/service/session/join', { sessionToken, role: 3, name: 'agent' });
    const { clientId, headers } = await handshake(url);
    const channel = `/session/${sessionToken}/x`;
    await post(url, { channel: '/service/session/join', clientId, data: { sessionToken, role: 1 } }, headers);
    await post(url, { channel: '/meta/subscribe', clientId, subscription: channel }, headers);
    const controller = new AbortController();
    const poll = fetch(url, {
      method: 'POST',
      body: JSON.stringify({ channel: '/meta/connect', clientId }),
      headers,
      signal: controller.signal,
    });
    await eventually('the poll is held', () => node.live.counts.heldPolls === 1);
    controller.abort();
    await assert.rejects(poll);
    await eventually('the node has noticed', () => node.live.counts.heldPolls === 0);
    await agent.publish(channel, 'while it was away');
    const { replies } = await post(url, { channel: '/meta/connect', clientId }, headers);
    assert.deepEqual(
      replies.map(({ channel, data }) => [channel, data]),
      [
        [channel, 'while it was away'],
        ['/meta/connect', undefined],
      ],
    );
  });
});

describe('reconnection', () => {
  test('after a dropped WebSocket the client goes on as the same one', async (t) => {
    const { node, url } = await startLiveNode(t);
    const { client, channel } = await subscriber(t, url, 'websocket');
    const { clientId } = client;
    client.sockets.at(-1)?.terminate();
    await eventually('there is another WebSocket', () => client.sockets.length > 1);
    assert.equal((await client.publish(channel, 'back')).successful, true);
    assert.equal((await client.next(channel)).data, 'back');
    assert.equal(client.clientId, clientId);
    assert.equal(node.live.counts.clients, 1);
  });

  test('a client that falls back from WebSocket to long polling goes on as the same one', async (t) => {
    const { node, url } = await startLiveNode(t);
    const { client, channel } = await subscriber(t, url);
    const { clientId } = client;
    assert.equal(client.cometd.getTransport()?.type, 'websocket');
    client.fallBackWhenWebSocketFails();
    client.sockets.at(-1)?.terminate();
    await eventually('a poll is held', () => node.live.counts.heldPolls === 1);
    assert.equal((await client.publish(channel, 'by poll')).successful, true);
    assert.equal((await client.next(channel)).data, 'by poll');
    assert.equal(client.cometd.getTransport()?.type, 'long-polling');
    assert.equal(client.clientId, clientId);
    assert.equal(node.live.counts.clients, 1);
    assert.ok(client.cookies.has('BAYEUX_BROWSER'));
  });

  test('a WebSocket on which the client connects again replaces the one before', async (t) => {
    const { url } = await startLiveNode(t);
    const first = await RawWebSocket.open(t, url);
    const clientId = await first.handshake();
    first.send({ channel: '/meta/connect', clientId });
    const second = await RawWebSocket.open(t, url);
    second.send({ channel: '/meta/connect', clientId, advice: NO_HOLD });
    assert.equal((await second.next()).successful, true);
    assert.equal((await first.closed).code, 1000);
    second.send({ channel: '/meta/disconnect', clientId });
    assert.equal((await second.next()).successful, true);
    assert.equal((await second.closed).code, 1000);
  });
});

describe('cookies', () => {
  const STICKY = 'gcbSessionServer=CB_Server_1; Path=/';

  test('long polling binds whoever shakes hands or creates, and the agents who join', async (t) => {
    const { url } = await startLiveNode(t);
    const shake = async (headers = {}) =>
      (await post(url, { channel: '/meta/handshake' }, headers)).headers.getSetCookie();
    const [browser = '', ...others] = await shake();
    assert.match(browser, /^BAYEUX_BROWSER=[0-9a-f]{40}; Path=\/; HttpOnly$/);
    assert.deepEqual(others, [STICKY]);
    assert.deepEqual(await shake({ Cookie: 'a=b; gcbSessionServer=CB_Server_1; BAYEUX_BROWSER=x' }), []);
    assert.deepEqual(await shake({ Cookie: 'gcbSessionServer=CB_Server_2; BAYEUX_BROWSER=x' }), [STICKY]);
    const { clientId, headers } = await handshake(url);
    const ask = (channel: string, data: unknown) => post(url, { channel, clientId, data }, headers);
    const created = await ask('/service/session/create', {});
    assert.deepEqual(created.headers.getSetCookie(), [STICKY]);
    const { sessionToken } = (created.replies[0]?.data ?? {}) as { sessionToken?: string };
    assert.ok(sessionToken);
    for (const [role, cookies] of [
      [1, []],
      [2, [STICKY]],
      [3, [STICKY]],
    ] as const) {
      const { clientId, headers } = await handshake(url);
      const join = (token: string) =>
        post(url, { channel: '/service/session/join', clientId, data: { sessionToken: token, role } }, headers);
      assert.deepEqual((await join('000000000')).headers.getSetCookie(), []);
      assert.deepEqual((await join(sessionToken)).headers.getSetCookie(), cookies);
    }
  });

  test('by long polling the headers beside it name the process, and the session of who creates or joins as agent', async (t) => {
    const { node, url } = await startLiveNode(t);
    const bindingOf = ({ headers }: PollAnswer) => [
      headers.get('x-cobrowse-instance'),
      headers.get('x-cobrowse-session'),
    ];
    const shaken = await post(url, { channel: '/meta/handshake' });
    assert.deepEqual(bindingOf(shaken), [node.instanceId, null]);
    const { clientId, headers } = await handshake(url);
    const created = await post(url, { channel: '/service/session/create', clientId }, headers);
    const { sessionToken } = (created.replies[0]?.data ?? {}) as { sessionToken?: string };
    assert.ok(sessionToken);
    assert.deepEqual(bindingOf(created), [node.instanceId, sessionToken]);
    for (const [role, binding] of [
      [1, [null, null]],
      [2, [node.instanceId, sessionToken]],
      [3, [node.instanceId, sessionToken]],
    ] as const) {
      const { clientId, headers } = await handshake(url);
      const join = (token: string) =>
        post(url, { channel: '/service/session/join', clientId, data: { sessionToken: token, role } }, headers);
      assert.deepEqual(bindingOf(await join('000000000')), [null, null]);
      assert.deepEqual(bindingOf(await join(sessionToken)), binding);
    }
  });

  test('a WebSocket binds by its upgrade', async (t) => {
    const { node, url } = await startLiveNode(t);
    const socket = new WebSocket(url.replace(/^http/, 'ws'));
    t.after(() => socket.terminate());
    const [response] = await once(socket, 'upgrade');
    assert.deepEqual(response.headers['set-cookie'], [STICKY]);
    assert.equal(response.headers['x-cobrowse-instance'], node.instanceId);
    assert.equal(response.headers['x-cobrowse-session'], undefined);
  });
});

test('a node that stops answers held polls, and closes WebSockets with 1001', async (t) => {
  const { node, url } = await startLiveNode(t);
  const { clientId, headers } = await handshake(url);
  const poll = post(url, { channel: '/meta/connect', id: '1', clientId }, headers);
  const socket = await RawWebSocket.open(t, url);
  socket.send({ channel: '/meta/connect', clientId: await socket.handshake() });
  await eventually('the poll is held', () => node.live.counts.heldPolls === 1);
  await node.stop(0);
  assert.equal((await socket.closed).code, 1001);
  const advice = { reconnect: 'handshake', interval: 0 };
  const expected = { channel: '/meta/connect', id: '1', successful: false, error: '503::The node is stopping', advice };
  assert.deepEqual((await poll).replies, [expected]);
});
