/** WebSockets over HTTP/2 (RFC 8441): extended CONNECT on one side, an upgrade on the other, and bytes in between. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2';
import { describe, it, type TestContext } from 'node:test';
import { INTERNAL_ERROR } from '../../http2/frames.ts';
import { eventually } from '../../testing/eventually.ts';
import { nodeFor, planeBefore } from '../../testing/for-test.ts';
import { ask, begin, resetCode, sessionFor } from '../../testing/http2-client.ts';
import { HTTP2_LISTENER } from '../../testing/raw-http2-client.ts';
import type { NodeSocket } from '../../testing/raw-node.ts';

const CONNECT = { ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'http', 'sec-websocket-version': '13' };

function switching(received: string, further = ''): string {
  const key = /\r\nSec-WebSocket-Key: ([\w+/=]+)\r\n/.exec(received)?.[1] ?? '';
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const fields = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n`;
  return `HTTP/1.1 101 Switching Protocols\r\n${fields}Sec-WebSocket-Protocol: chat\r\n\r\n${further}`;
}

/** Accepts a WebSocket, greets, and echoes. */
function echoing(connection: NodeSocket): void {
  const { received, socket } = connection;
  if (socket.listenerCount('data') > 1 || !received.includes('\r\n\r\n')) return;
  socket.on('data', (chunk) => socket.write(chunk));
  socket.on('end', () => socket.end());
  connection.send(switching(received, 'hello '));
}

async function setUp(t: TestContext, onData: (connection: NodeSocket) => void = echoing, options: object = {}) {
  const node = await nodeFor(t, onData);
  const plane = await planeBefore(t, node, { listeners: [HTTP2_LISTENER], ...options });
  const session = sessionFor(t, plane);
  await once(session, 'remoteSettings');
  return { node, plane, session };
}

async function open(session: ClientHttp2Session, headers: OutgoingHttpHeaders = {}) {
  const stream = begin(session, { ...CONNECT, ':path': '/cometd', ...headers }, false);
  const [fields] = await once(stream, 'response');
  const tunnel = { stream, fields, received: '' };
  stream.on('data', (chunk: Buffer) => {
    tunnel.received += chunk.toString('latin1');
  });
  return tunnel;
}

describe('a WebSocket over HTTP/2', () => {
  it('is announced, and is an upgrade to the node and a tunnel to all that count', async (t) => {
    const { node, plane, session } = await setUp(t);
    assert.equal(session.remoteSettings.enableConnectProtocol, true);
    const tunnel = await open(session, { 'sec-websocket-protocol': 'chat', 'sec-websocket-key': 'not used' });
    assert.equal(tunnel.fields[':status'], 200);
    assert.equal(tunnel.fields['sec-websocket-protocol'], 'chat');
    assert.equal(tunnel.fields['sec-websocket-accept'], undefined);
    assert.match(node.received, /^GET \/cometd HTTP\/1\.1\r\n/);
    assert.match(
      node.received,
      /\r\nSec-WebSocket-Key: [\w+/]{22}==\r\n.*\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n/s,
    );
    assert.doesNotMatch(node.received, /not used/);
    tunnel.stream.write('there');
    await eventually(() => tunnel.received === 'hello there');
    assert.deepEqual([plane.stats.tunnels[0], plane.stats.inFlight], [1, 1]);
    assert.equal(plane.opened.length, 1);
    // Others go beside it.
    assert.equal((await ask(session, { ':path': '/health' })).status, 200);

    tunnel.stream.end();
    await once(tunnel.stream, 'close');
    const record = await plane.recorded(({ tunnel }) => tunnel);
    assert.deepEqual(
      [record.status, record.httpVersion, record.method, record.termination, record.bytesIn > 5],
      [101, '2', 'GET', 'tunnel-closed', true],
    );
    await eventually(() => plane.stats.tunnels[0] === 0);
    assert.equal(tunnel.stream.rstCode, 0);
  });

  it('ends for the client when the node ends it', async (t) => {
    const { node, plane, session } = await setUp(t);
    const { stream } = await open(session);
    node.connections[0]?.socket.end();
    await once(stream, 'end');
    stream.end();
    await once(stream, 'close');
    assert.equal((await plane.recorded()).termination, 'tunnel-closed');
  });

  it('ends for the node when the client resets it, or is gone', async (t) => {
    const { node, plane, session } = await setUp(t);
    const { stream } = await open(session);
    await open(session);
    stream.close(8);
    await node.connections[0]?.untilEnded();
    session.destroy();
    await node.connections[1]?.untilEnded();
    await eventually(() => plane.stats.inFlight === 0);
    assert.deepEqual(
      plane.records.map(({ termination }) => termination),
      ['tunnel-closed', 'tunnel-closed'],
    );
  });

  it('is closed when its node is found dead', async (t) => {
    const { plane, session } = await setUp(t);
    const { stream } = await open(session);
    const closed = once(stream, 'end');
    plane.change('CB_1', { state: 'down' });
    await closed;
    assert.equal((await plane.recorded()).termination, 'node-ejected');
  });

  it('is kept from growing where the other side does not take it, both ways', async (t) => {
    const { node, session } = await setUp(t, (connection) => {
      if (!connection.received.endsWith('\r\n\r\n')) return;
      connection.send(switching(connection.received));
      connection.socket.pause();
    });
    const { stream } = await open(session);
    stream.pause();
    const fill = async (socket: NodeJS.WritableStream & { writableLength: number }): Promise<number> => {
      let written = 0;
      for (let before = -1; before !== written; ) {
        before = written;
        while (written < 64 * 1024 * 1024 && socket.write(Buffer.alloc(64 * 1024))) written += 64 * 1024;
        await Promise.race([once(socket, 'drain'), new Promise((resolve) => setTimeout(resolve, 500))]);
      }
      return written;
    };
    assert.ok((await fill(stream as ClientHttp2Stream)) < 16 * 1024 * 1024);
    const [connection] = node.connections;
    assert.ok(connection !== undefined && (await fill(connection.socket)) < 16 * 1024 * 1024);
  });

  it('that the node refuses is an ordinary answer', async (t) => {
    const { plane, session } = await setUp(t, ({ received, socket }) => {
      if (received.includes('\r\n\r\n')) socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
    });
    const tunnel = await open(session);
    await once(tunnel.stream, 'end');
    assert.deepEqual([tunnel.fields[':status'], tunnel.received], [403, 'no']);
    assert.equal((await plane.recorded()).status, 403);
    await once(tunnel.stream, 'close');
    assert.equal(plane.stats.inFlight, 0);
  });

  it('that the node accepts with another key’s word is reset', async (t) => {
    const { plane, session } = await setUp(t, (connection) => {
      if (connection.received.includes('\r\n\r\n')) connection.send(switching(''));
    });
    const stream = begin(session, { ...CONNECT, ':path': '/cometd' }, false);
    assert.equal(await resetCode(stream), INTERNAL_ERROR);
    await eventually(() => plane.stats.tunnels[0] === 0);
  });

  const refused: [string, OutgoingHttpHeaders][] = [
    ['another protocol', { ...CONNECT, ':protocol': 'connect-udp', ':path': '/' }],
    [
      'a proxy to anywhere',
      { ':method': 'CONNECT', ':authority': '10.0.0.1:22', ':path': undefined, ':scheme': undefined },
    ],
  ];
  for (const [what, headers] of refused) {
    it(`is all that CONNECT is for: not ${what}`, async (t) => {
      const { node, plane, session } = await setUp(t);
      const stream = session.request(headers, { endStream: false });
      stream.on('error', () => {});
      const [fields] = await once(stream, 'response');
      assert.equal(fields[':status'], 405);
      assert.equal((await plane.recorded()).error, 'method_not_allowed');
      assert.equal(node.received, '');
    });
  }
});
