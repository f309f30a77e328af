import assert from 'node:assert/strict';
import diagnostics from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { describe, type TestContext, test } from 'node:test';
import type { CobrowseNode } from '../server.ts';
import { eventually } from '../testing/eventually.ts';
import { ALLOWED_ORIGIN } from '../testing/nodes.ts';
import { startLiveNode } from './testing/live-node.ts';
import { startProxy } from './testing/proxy-process.ts';
import { handshake, post, RawWebSocket } from './testing/raw-bayeux.ts';
import { StockClient, type TransportType } from './testing/stock-client.ts';

const LIMITS = { maxMessageBytes: 10_000 };
const DATA = 'x'.repeat(50_000);
const TOO_LARGE = '413::Message too large';
const DISCONNECTED = {
  channel: '/meta/disconnect',
  successful: false,
  error: TOO_LARGE,
  advice: { reconnect: 'none' },
};
const REFUSED = { successful: false, error: TOO_LARGE };

/** The next request that reaches the node, as the node sees it. */
function nextRequest(t: TestContext, { port }: CobrowseNode): Promise<IncomingMessage> {
  return new Promise((resolve) => {
    const began = (message: unknown): void => {
      const { request } = message as { readonly request: IncomingMessage };
      if (request.socket.localPort === port) resolve(request);
    };
    diagnostics.subscribe('http.server.request.start', began);
    t.after(() => diagnostics.unsubscribe('http.server.request.start', began));
  });
}

describe('a client whose message is beyond the limit is cut off for good, with the reason', () => {
  for (const transport of ['websocket', 'long-polling'] as const satisfies TransportType[]) {
    test(`a stock client by ${transport}, through the proxy`, async (t) => {
      const { node } = await startLiveNode(t, LIMITS);
      const url = `${await startProxy(t, [node], ALLOWED_ORIGIN)}/cometd`;
      const client = await StockClient.connect(t, { url, transport });
      const other = await StockClient.connect(t, { url, transport });
      const disconnected = client.next('/meta/disconnect');
      void client.publish('/service/session/create', DATA);
      const { error, advice } = await disconnected;
      assert.deepEqual([error, advice], [TOO_LARGE, { reconnect: 'none' }]);
      assert.equal(client.cometd.isDisconnected(), true);
      await eventually('the client is gone', () => node.live.counts.clients === 1);
      assert.equal((await other.ask('/service/session/create')).error, undefined);
    });
  }

  test('by long polling the request and the held poll tell it', async (t) => {
    const { node, url } = await startLiveNode(t, LIMITS);
    const { clientId, headers } = await handshake(url);
    const poll = post(url, { channel: '/meta/connect', clientId }, headers);
    await eventually('the poll is held', () => node.live.counts.heldPolls === 1);
    const answer = await post(url, [{ channel: '/a', data: DATA, id: '1', clientId }], headers);
    assert.deepEqual([answer.status, answer.replies], [413, [DISCONNECTED]]);
    assert.equal(answer.headers.get('connection'), 'close');
    const { replies } = await poll;
    assert.deepEqual(replies, [
      DISCONNECTED,
      { channel: '/meta/connect', successful: true, advice: { reconnect: 'none' } },
    ]);
    assert.equal(node.live.counts.clients, 0);
    assert.equal(node.live.traffic.refusals('message_too_large'), 1);
    const next = await post(url, { channel: '/meta/connect', clientId }, headers);
    assert.equal(next.replies[0]?.error, '402::Unknown client');
  });

  test('by long polling without a Content-Length', async (t) => {
    const { node, url } = await startLiveNode(t, LIMITS);
    const { clientId, headers } = await handshake(url);
    const body = new Blob([JSON.stringify({ channel: '/a', data: DATA, clientId })]).stream();
    const response = await fetch(url, { method: 'POST', body, headers, duplex: 'half' });
    assert.deepEqual([response.status, await response.json()], [413, [DISCONNECTED]]);
    assert.equal(node.live.counts.clients, 0);
  });

  test('by WebSocket', async (t) => {
    const { node, url } = await startLiveNode(t, LIMITS);
    const socket = await RawWebSocket.open(t, url);
    const clientId = await socket.handshake();
    socket.send({ channel: '/a', data: DATA, clientId });
    assert.deepEqual(await socket.next(), DISCONNECTED);
    assert.deepEqual(await socket.closed, { code: 1009, reason: TOO_LARGE });
    assert.equal(node.live.counts.clients, 0);
    assert.equal(node.live.traffic.refusals('message_too_large'), 1);
    const { replies } = await post(url, { channel: '/meta/connect', clientId });
    assert.equal(replies[0]?.error, '402::Unknown client');
  });
});

test('a frame whose length no message can have is told and counted as too large', async (t) => {
  const { node, url } = await startLiveNode(t, LIMITS);
  const socket = await RawWebSocket.open(t, url);
  await socket.handshake();
  // Text, masked, of 2^53 bytes (RFC 6455 §5.2).
  socket.sendRaw(Buffer.from('81ff0020000000000000', 'hex'));
  assert.deepEqual(await socket.next(), DISCONNECTED);
  assert.deepEqual(await socket.closed, { code: 1009, reason: TOO_LARGE });
  assert.deepEqual([node.live.traffic.refusals('message_too_large'), node.live.traffic.refusals('malformed')], [1, 0]);
  assert.equal(node.live.counts.clients, 0);
});

describe('a body beyond the limit does not cut off somebody else', () => {
  test('whose cookies a page in the same browser sends along', async (t) => {
    const { url, node } = await startLiveNode(t, LIMITS);
    const { headers } = await handshake(url);
    const bodies = [DATA, { channel: '/a', data: DATA }, { channel: '/a', data: DATA, clientId: '0'.repeat(40) }];
    for (const body of bodies) {
      const answer = await post(url, body, headers);
      assert.deepEqual([answer.status, answer.replies], [413, [REFUSED]]);
    }
    assert.equal(node.live.counts.clients, 1);
  });

  test('whose client id comes from another browser', async (t) => {
    const { url, node } = await startLiveNode(t, LIMITS);
    const { clientId } = await handshake(url);
    const { headers: stranger } = await handshake(url);
    for (const headers of [stranger, {}]) {
      const answer = await post(url, { channel: '/a', data: DATA, clientId }, headers);
      assert.deepEqual(answer.replies, [REFUSED]);
    }
    assert.equal(node.live.counts.clients, 2);
  });

  test('whose client id stands in the data', async (t) => {
    const { url, node } = await startLiveNode(t, LIMITS);
    const other = await handshake(url);
    const { clientId } = await handshake(url, other.headers);
    const inside = { clientId: other.clientId, text: `"clientId":"${other.clientId}"` };
    const data = [inside, DATA, [{ clientId: other.clientId }]];
    const answer = await post(url, [{ channel: '/a', data, clientId }], other.headers);
    assert.deepEqual(answer.replies, [DISCONNECTED]);
    const { replies } = await post(
      url,
      { channel: '/meta/connect', clientId: other.clientId, advice: { timeout: 0 } },
      other.headers,
    );
    assert.equal(replies[0]?.successful, true);
    assert.equal(node.live.counts.clients, 1);
  });

  test('when it breaks off', async (t) => {
    const { url, node } = await startLiveNode(t, LIMITS);
    const { clientId, headers } = await handshake(url);
    const broken = new AbortController();
    const begin = `{"clientId":"${clientId}","data":"${DATA}`;
    const body = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from(begin)) });
    const arrived = nextRequest(t, node);
    const answer = assert.rejects(fetch(url, { method: 'POST', body, headers, duplex: 'half', signal: broken.signal }));
    const request = await arrived;
    const closed = new Promise((resolve) => request.once('close', resolve));
    await eventually('the node has read what there is', () => request.socket.bytesRead > begin.length);
    broken.abort();
    await Promise.all([answer, closed]);
    assert.equal(node.live.counts.clients, 1);
    const { replies } = await post(url, { channel: '/meta/connect', clientId, advice: { timeout: 0 } }, headers);
    assert.equal(replies[0]?.successful, true);
  });
});
