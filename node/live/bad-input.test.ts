import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startLiveNode } from './testing/live-node.ts';
import { handshake, post, RawWebSocket } from './testing/raw-bayeux.ts';
import { StockClient } from './testing/stock-client.ts';

const MALFORMED = '400::Malformed message';
const DENIED = '403::No such channel for this client';
const NOT_ALONE = '400::A handshake must be the only message';

const deep = `[{"channel":"/meta/handshake","ext":${'['.repeat(100_000)}${']'.repeat(100_000)}}]`;

describe('a body that is no Bayeux is refused as a whole', () => {
  const bodies: readonly [what: string, body: string | Uint8Array, status: number, error: string][] = [
    ['no JSON', '[{"channel":', 400, MALFORMED],
    ['nothing', '', 400, MALFORMED],
    ['no messages', '[]', 400, MALFORMED],
    ['a number', '42', 400, MALFORMED],
    ['null', 'null', 400, MALFORMED],
    ['null among messages', '[{"channel":"/meta/connect"},null]', 400, MALFORMED],
    ['an array in an array', '[[]]', 400, MALFORMED],
    ['no UTF-8', Buffer.from('[{"channel":"/meta/\xff"}]', 'latin1'), 400, MALFORMED],
    ['two handshakes', '[{"channel":"/meta/handshake"},{"channel":"/meta/handshake"}]', 400, NOT_ALONE],
    ['a huge batch', JSON.stringify(Array(501).fill({ channel: '/a' })), 413, '413::Too many messages in one batch'],
    ['a huge body', `"${'x'.repeat(70_000)}"`, 413, '413::Message too large'],
  ];
  for (const [what, body, status, error] of bodies) {
    test(what, async (t) => {
      const { url } = await startLiveNode(t, { maxMessageBytes: 65_536 });
      const answer = await post(url, body);
      assert.deepEqual([answer.status, answer.replies], [status, [{ successful: false, error }]]);

      const socket = await RawWebSocket.open(t, url);
      socket.socket.send(body, { binary: false });
      assert.equal((await socket.next()).error, what === 'no UTF-8' ? MALFORMED : error);
    });
  }
});

describe('a message that is not valid is refused by itself', () => {
  const messages: readonly [message: Record<string, unknown>, error: string][] = [
    [{}, MALFORMED],
    [{ channel: 7 }, MALFORMED],
    [{ channel: 'meta/connect' }, MALFORMED],
    [{ channel: '/' }, MALFORMED],
    [{ channel: '//' }, MALFORMED],
    [{ channel: '/session/*' }, MALFORMED],
    [{ channel: '__proto__' }, MALFORMED],
    [{ channel: 'constructor' }, MALFORMED],
    [{ channel: `/${'x'.repeat(300)}` }, MALFORMED],
    [{ channel: '/meta/subscribe' }, '403::No such channel for this client'],
    [{ channel: '/meta/subscribe', subscription: 'constructor' }, MALFORMED],
    [{ channel: '/meta/subscribe', subscription: ['/a', 7] }, MALFORMED],
    [{ channel: '/meta/subscribe', subscription: [] }, MALFORMED],
    [{ channel: '/meta/subscribe', subscription: '/**' }, DENIED],
    [{ channel: '/meta/subscribe', subscription: '/session/**' }, DENIED],
    [{ channel: '/meta/subscribe', subscription: '/session/*/page' }, MALFORMED],
    [{ channel: '/meta/subscribe', subscription: '/session/123456789/page' }, DENIED],
    [{ channel: '/meta/subscribe', subscription: '/service/session/create' }, DENIED],
    [{ channel: '/meta/nonsense' }, DENIED],
    [{ channel: '/service/session/nonsense', data: {} }, DENIED],
    [{ channel: '/chat', data: {} }, DENIED],
    [{ channel: '/session/123456789/page', data: {} }, DENIED],
  ];
  for (const [message, error] of messages) {
    test(JSON.stringify(message).slice(0, 90), async (t) => {
      const { url } = await startLiveNode(t);
      const { clientId, headers } = await handshake(url);
      const { status, replies } = await post(url, [{ id: '1', clientId, ...message }], headers);
      assert.equal(status, 200);
      assert.deepEqual([replies[0]?.successful, replies[0]?.error, replies[0]?.id], [false, error, '1']);

      const socket = await RawWebSocket.open(t, url);
      socket.send([{ id: '2', ...message, clientId: await socket.handshake() }]);
      const reply = await socket.next();
      assert.deepEqual([reply.error, reply.id], [error, '2']);
    });
  }
});

test('what is not of the protocol goes no further: neither reply nor cached JSON of a client', async (t) => {
  const { url } = await startLiveNode(t);
  const customer = await RawWebSocket.open(t, url);
  const clientId = await customer.handshake();
  customer.send({ channel: '/service/session/create', clientId });
  const { sessionToken } = (await customer.next()).data as { sessionToken: string };
  await customer.next();
  customer.send({ channel: '/service/session/join', clientId, data: { sessionToken, role: 1 } });
  await customer.next();
  await customer.next();
  const agent = await StockClient.connect(t, { url });
  await agent.ask('/service/session/join', { sessionToken, role: 2, name: 'agent' });
  const channel = `/session/${sessionToken}/x`;
  await agent.subscribe(channel);
  const wild = `{"channel":"${channel}","clientId":"${clientId}","data":{"__proto__":{"a":1}},"_json":"spoofed","reply":{"a":1},"x":1,"__proto__":{"successful":true}}`;
  customer.send(wild);
  const message = await agent.next(channel);
  assert.deepEqual(Object.keys(message), ['channel', 'data']);
  assert.equal(JSON.stringify(message.data), '{"__proto__":{"a":1}}');
  assert.equal(({} as Record<string, unknown>).a, undefined);
});

describe('service channels refuse', () => {
  const cases: readonly [channel: string, data: unknown, code: string][] = [
    ['join', undefined, 'invalid_data'],
    ['join', null, 'invalid_data'],
    ['join', [], 'invalid_data'],
    ['join', { sessionToken: 123456789, role: 1, name: '' }, 'invalid_data'],
    ['join', { sessionToken: '12345678', role: 1, name: '' }, 'invalid_data'],
    ['join', { sessionToken: '123456789', role: 4, name: '' }, 'invalid_data'],
    ['join', { sessionToken: '123456789', role: '1', name: '' }, 'invalid_data'],
    ['join', { sessionToken: '123456789', role: 1, name: 'x'.repeat(129) }, 'invalid_data'],
    ['join', { sessionToken: '123456789', role: 1, name: '' }, 'session_not_found'],
    ['exit', {}, 'not_joined'],
    ['stop', {}, 'not_joined'],
    ['stop', { userToken: 'of somebody else' }, 'not_joined'],
    ['page', { url: 'https://example.com/' }, 'not_joined'],
  ];
  for (const [channel, data, code] of cases) {
    test(`${channel} ${JSON.stringify(data)}: ${code}`, async (t) => {
      const { url } = await startLiveNode(t);
      const client = await StockClient.connect(t, { url });
      const { error } = await client.ask(`/service/session/${channel}`, data);
      assert.equal((error as { code: string }).code, code);
    });
  }
});

test('a customer or an agent cannot stop, take a second role, or speak for the node', async (t) => {
  const { url } = await startLiveNode(t);
  const customer = await StockClient.connect(t, { url });
  const { sessionToken } = await customer.ask('/service/session/create');
  await customer.ask('/service/session/join', { sessionToken, role: 1, name: 'customer' });
  const agent = await StockClient.connect(t, { url });
  const second = await agent.ask('/service/session/join', { sessionToken, role: 1, name: 'second customer' });
  assert.equal((second.error as { code: string }).code, 'role_taken');
  await agent.ask('/service/session/join', { sessionToken, role: 2, name: 'agent' });
  for (const client of [customer, agent]) {
    const stop = await client.ask('/service/session/stop');
    assert.equal((stop.error as { code: string }).code, 'not_controller');
    const again = await client.ask('/service/session/join', { sessionToken, role: 3, name: 'controller' });
    assert.equal((again.error as { code: string }).code, 'already_joined');
    for (const name of ['ended', 'users']) {
      assert.equal((await client.publish(`/session/${sessionToken}/${name}`, {})).error, DENIED);
    }
  }
});

test('a binary frame cuts the client off', async (t) => {
  const { url } = await startLiveNode(t);
  const socket = await RawWebSocket.open(t, url);
  const clientId = await socket.handshake();
  socket.send(Buffer.from('[{"channel":"/meta/connect"}]'));
  const message = await socket.next();
  assert.deepEqual([message.channel, message.error], ['/meta/disconnect', '415::Binary frames are not supported']);
  assert.equal((await socket.closed).code, 1003);
  const { replies } = await post(url, [{ channel: '/meta/connect', clientId }]);
  assert.equal(replies[0]?.error, '402::Unknown client');
});

test('nesting too deep to be written again is refused, and the node goes on', async (t) => {
  const { url } = await startLiveNode(t, { maxIntervalMs: 60_000 });
  const customer = await StockClient.connect(t, { url });
  const { sessionToken } = await customer.ask('/service/session/create');
  const { clientId, headers } = await handshake(url);
  const join = { channel: '/service/session/join', clientId, data: { sessionToken, role: 1, name: '' } };
  await post(url, join, headers);
  const message = `[{"id":"1","channel":"/session/${sessionToken}/x","clientId":"${clientId}","data":${'['.repeat(100_000)}${']'.repeat(100_000)}}]`;
  const { status, replies } = await post(url, message, headers);
  assert.deepEqual([status, replies[0]?.successful, replies[0]?.error], [200, false, MALFORMED]);
  const { status: next } = await post(url, deep);
  assert.equal(next, 200);
  assert.equal((await customer.ask('/service/session/create')).error, undefined);
});
