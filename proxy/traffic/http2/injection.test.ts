/** Heads of HTTP/2 that would be something else as HTTP/1.1: no node hears a byte of them. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { FieldList } from '../../http2/corpus/case.ts';
import { GOAWAY, PROTOCOL_ERROR, RST_STREAM } from '../../http2/frames.ts';
import { eventually } from '../../testing/eventually.ts';
import { nodeFor, planeBefore } from '../../testing/for-test.ts';
import { dataFrame, headersFrame, pseudo } from '../../testing/http2-frames.ts';
import { HTTP2_LISTENER, http2ClientFor, type RawHttp2Client } from '../../testing/raw-http2-client.ts';
import { type NodeSocket, ok } from '../../testing/raw-node.ts';

const GET = pseudo();
const POST = pseudo({ method: 'POST' });
const MALFORMED = { reset: PROTOCOL_ERROR };

function answerGets({ received, socket }: NodeSocket): void {
  if (/^GET \/last /.test(received) && received.endsWith('\r\n\r\n')) socket.write(ok('last'));
}

async function setUp(t: TestContext) {
  const node = await nodeFor(t, answerGets);
  const plane = await planeBefore(t, node, { listeners: [HTTP2_LISTENER] });
  return { node, plane, client: await http2ClientFor(t, plane) };
}

/** The connection goes on, and a node hears of the last request alone. */
async function lastIsServed(client: RawHttp2Client, received: () => string, stream: number): Promise<void> {
  client.send(headersFrame(stream, pseudo({ path: '/last' })));
  assert.equal(await client.body(stream), 'last');
  assert.match(received(), /^GET \/last HTTP\/1\.1\r\nHost: a\.example\r\n(?:[^\r\n]+\r\n)+\r\n$/);
}

/** Reset by nghttp2 (RFC 9113 §8.1.1), of which each version finds more, or refused by the proxy. */
const fields: [string, FieldList][] = [
  ['a capital in a name', [...GET, ['X-Field', 'y']]],
  ['connection', [...GET, ['connection', 'close']]],
  ['keep-alive', [...GET, ['keep-alive', 'timeout=5']]],
  ['proxy-connection', [...GET, ['proxy-connection', 'keep-alive']]],
  ['upgrade', [...GET, ['upgrade', 'websocket']]],
  ['transfer-encoding', [...POST, ['transfer-encoding', 'chunked']]],
  ['te with more than trailers', [...GET, ['te', 'trailers, chunked']]],
  ['two :method', [[':method', 'GET'], ...GET]],
  ['two :path', [...GET, [':path', '/b']]],
  ['two :authority', [...GET, [':authority', 'b.example']]],
  ['two :scheme', [[':scheme', 'http'], ...GET]],
  ['a pseudo-header field that nobody knows', [...GET, [':x', 'y']]],
  ['a pseudo-header field of answers', [...GET, [':status', '200']]],
  ['a pseudo-header field after others', [['x', 'y'], ...GET]],
  [':protocol without CONNECT', [...GET, [':protocol', 'websocket']]],
  ['no :method', pseudo({ method: '' })],
  ['no :scheme', pseudo({ scheme: '' })],
  ['no :path', pseudo({ path: '' })],
  ['an empty :path', [...pseudo({ path: '' }), [':path', '']]],
  ['a :path that is no path', pseudo({ path: 'last' })],
  ['an absolute :path', pseudo({ path: 'http://evil.example/' })],
  ['two content-length', [...POST, ['content-length', '1'], ['content-length', '1']]],
  ['a content-length that is none', [...POST, ['content-length', '+1']]],
  ['a list as content-length', [...POST, ['content-length', '1, 1']]],
  ['a content-length without a body', [...POST, ['content-length', '5']]],
  ['CR LF in :path', pseudo({ path: '/ HTTP/1.1\r\nHost: evil\r\n\r\nGET /b' })],
  ['a space in :path', pseudo({ path: '/a HTTP/1.1' })],
  ['CR LF in :method', pseudo({ method: 'GET / HTTP/1.1\r\n\r\nGET' })],
  ['a space in :authority', pseudo({ authority: 'a.example b' })],
  ['CR LF in :authority', pseudo({ authority: 'a\r\nX: y' })],
  ['CR LF in :scheme', pseudo({ scheme: 'http\r\n' })],
  ['a fragment in :path', pseudo({ path: '/a#b' })],
  ['bytes beyond ASCII in :path', pseudo({ path: '/caf\xe9' })],
  ['* for another method than OPTIONS', pseudo({ path: '*' })],
  ['a user in :authority', pseudo({ authority: 'evil@a.example' })],
  ['a path in :authority', pseudo({ authority: 'a.example/x' })],
  ['two hosts in :authority', pseudo({ authority: 'a.example,b.example' })],
  ['a host that is another than :authority', [...GET, ['host', 'b.example']]],
  ['two hosts', [...pseudo({ authority: '' }), ['host', 'a.example'], ['host', 'a.example']]],
  ['no host at all', pseudo({ authority: '' })],
  ['a :scheme that is none of the web’s', pseudo({ scheme: 'javascript' })],
  ['another expectation than 100-continue', [...GET, ['expect', 'a miracle']]],
  ['TRACE', pseudo({ method: 'TRACE' })],
  ['a method that nobody knows', pseudo({ method: 'BREW' })],
];

describe('over HTTP/2, no node hears of a head with', () => {
  for (const [what, list] of fields) {
    it(what, async (t) => {
      const { node, client } = await setUp(t);
      client.send(headersFrame(1, list));
      const outcome = await client.outcome(1);
      // 405 and 417 are not in the table of statuses.
      if ('status' in outcome) assert.ok([400, 0].includes(outcome.status));
      else assert.deepEqual(outcome, MALFORMED);
      await lastIsServed(client, () => node.received, 3);
    });
  }
});

/** nghttp2 leaves such fields out, and the rest is a request without them. */
const dropped: [string, FieldList][] = [
  ['CR LF in a value', [['x', 'y\r\nHost: evil.example']]],
  ['LF in a value', [['x', 'y\nHost: evil.example']]],
  ['NUL in a value', [['x', 'y\0z']]],
  ['CR LF in a name', [['x: y\r\nz', 'y']]],
  ['a colon in a name', [['host: evil.example\r\nx', 'y']]],
  ['a space in a name', [['transfer-encoding ', 'chunked']]],
  ['NUL in a name', [['x\0', 'y']]],
  ['nothing as a name', [['', 'y']]],
  ['a blank before a value', [['x', ' y']]],
  ['a blank after a value', [['x', 'y\t']]],
];

describe('over HTTP/2, no node gets a field with', () => {
  for (const [what, list] of dropped) {
    it(what, async (t) => {
      const { node, client } = await setUp(t);
      client.send(headersFrame(1, [...pseudo({ path: '/last' }), ...list]));
      const outcome = await client.outcome(1);
      if ('status' in outcome && outcome.status === 200) {
        assert.doesNotMatch(node.received, /evil|chunked|\0|\r\nx|\r\n:|[^\r]\n/);
        assert.equal(node.received.split('\r\n\r\n').length, 2);
      } else {
        assert.ok(node.received === '', node.received);
      }
    });
  }
});

describe('over HTTP/2, a body', () => {
  const bodies: [string, FieldList, readonly Buffer[]][] = [
    ['shorter than its length', [['content-length', '5']], [dataFrame(1, 'abc', { ends: true })]],
    ['longer than its length', [['content-length', '2']], [dataFrame(1, 'abcGET /b HTTP/1.1\r\n\r\n', { ends: true })]],
    [
      'longer than its length by a frame',
      [['content-length', '3']],
      [dataFrame(1, 'abc'), dataFrame(1, 'GET /b HTTP/1.1\r\n\r\n')],
    ],
    ['where none was announced', [['content-length', '0']], [dataFrame(1, 'GET /b HTTP/1.1\r\n\r\n', { ends: true })]],
  ];
  for (const [what, list, frames] of bodies) {
    it(`${what} is no request, and nothing of it is another`, async (t) => {
      const { node, plane, client } = await setUp(t);
      client.send(headersFrame(1, [...POST, ...list], { ends: false }), ...frames);
      // nghttp2 1.70 ends the whole connection for a body that is too long.
      const outcome = await client.until((all) => all.find(({ type }) => type === RST_STREAM || type === GOAWAY));
      if (outcome.type === RST_STREAM) assert.equal(outcome.payload.readUInt32BE(0), PROTOCOL_ERROR);
      const other = await http2ClientFor(t, plane);
      other.send(headersFrame(1, pseudo({ path: '/last' })));
      assert.equal(await other.body(1), 'last');
      for (const { received } of node.connections) assert.doesNotMatch(received, /GET \/b/);
      await eventually(() => plane.stats.inFlight === 0);
    });
  }

  it('of no given length holds whatever it likes, in chunks of the proxy’s own', async (t) => {
    const { node, client } = await setUp(t);
    const smuggled = '0\r\n\r\nGET /b HTTP/1.1\r\nHost: evil.example\r\n\r\n';
    client.send(headersFrame(1, POST, { ends: false }), dataFrame(1, smuggled, { ends: true }));
    const connection = await node.connection();
    await connection.until('\r\n0\r\n\r\n');
    const body = connection.received.slice(connection.received.indexOf('\r\n\r\n') + 4);
    assert.equal(body, `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`);
  });

  const trailers: [string, FieldList][] = [
    ['a line break', [['x', 'y\r\n\r\nGET /b HTTP/1.1']]],
    ['a framing field', [['transfer-encoding', 'chunked']]],
    ['a pseudo-header field', [[':path', '/b']]],
    ['a length', [['content-length', '100']]],
    ['what proxies say', [['x-forwarded-for', '10.0.0.1']]],
  ];
  for (const [what, list] of trailers) {
    it(`with ${what} in its trailers says nothing of it to the node`, async (t) => {
      const { node, client } = await setUp(t);
      client.send(headersFrame(1, POST, { ends: false }), dataFrame(1, 'abc'), headersFrame(1, list));
      client.send(headersFrame(3, pseudo({ path: '/last' })));
      assert.equal(await client.body(3), 'last');
      for (const { received } of node.connections) {
        assert.doesNotMatch(received, /GET \/b|100|10\.0\.0\.1|chunked\r\n.*chunked/s);
      }
    });
  }
});
