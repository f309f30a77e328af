/** WebSockets with `ws` on both ends, and upgrades that become none. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { eventually } from '../testing/eventually.ts';
import { clientFor, nodeFor, planeBefore, planeFor } from '../testing/for-test.ts';
import { answering, ok } from '../testing/raw-node.ts';

/** A node whose WebSockets echo messages; the first one says who it is and what it was asked. */
async function echoNode(t: TestContext, name = 'CB_1', onRequest: RequestListener = (_, response) => response.end()) {
  const server = createServer(onRequest).listen(0, '127.0.0.1');
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket, { url }) => {
    socket.send(`${name} ${url}`);
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.on('error', () => {});
  });
  t.after(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return { name, port: (server.address() as AddressInfo).port, sockets };
}

function open(t: TestContext, port: number, path = '/', headers: Record<string, string> = {}): WebSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
  t.after(() => socket.terminate());
  return socket;
}

async function message(socket: WebSocket): Promise<Buffer> {
  const [data] = (await once(socket, 'message')) as [Buffer];
  return data;
}

describe('a WebSocket', () => {
  it('carries messages of 1 MB both ways', async (t) => {
    const node = await echoNode(t);
    const plane = await planeBefore(t, node);
    const socket = open(t, plane.port);
    assert.equal(`${await message(socket)}`, 'CB_1 /');
    for (let n = 0; n < 5; n++) {
      const sent = randomBytes(1024 * 1024);
      socket.send(sent);
      assert.ok(sent.equals(await message(socket)));
    }
  });

  it('carries pings, and the close codes of either side', async (t) => {
    const node = await echoNode(t);
    const plane = await planeBefore(t, node);
    for (const closer of ['client', 'node']) {
      const socket = open(t, plane.port);
      const [served] = (await once(node.sockets, 'connection')) as [WebSocket];
      await message(socket);
      socket.ping('are you there?');
      assert.equal(`${(await once(socket, 'pong'))[0]}`, 'are you there?');
      const [closing, closed] = closer === 'client' ? [socket, served] : [served, socket];
      closing.close(4321, 'enough');
      const [code, reason] = await once(closed, 'close');
      assert.deepEqual([code, `${reason}`], [4321, 'enough']);
    }
    await eventually(() => plane.stats.tunnels[0] === 0);
  });

  it('is counted while it is open, with its bytes', async (t) => {
    const node = await echoNode(t);
    const plane = await planeBefore(t, node);
    const socket = open(t, plane.port);
    await message(socket);
    assert.deepEqual([plane.stats.tunnels[0], plane.stats.inFlight], [1, 1]);
    socket.send('x'.repeat(100_000));
    await message(socket);
    socket.close();
    const record = await plane.recorded();
    assert.deepEqual([record.status, record.tunnel, record.termination], [101, true, 'tunnel-closed']);
    assert.ok(record.bytesIn > 100_000 && record.bytesOut > 100_000);
    assert.deepEqual([plane.stats.tunnels[0], plane.stats.inFlight], [0, 0]);
    await eventually(() => plane.stats.clientConnections === 0 && plane.stats.nodeConnections[0] === 0);
  });

  it('reaches its node by cookie, by path prefix and by host name', async (t) => {
    const nodes = await Promise.all(['CB_1', 'CB_2', 'CB_3'].map((name) => echoNode(t, name)));
    const serverUrls = ['http://proxy.test/n1/cobrowse', 'http://proxy.test/n2/cobrowse', 'http://n3.proxy.test'];
    const plane = await planeFor(
      t,
      nodes.map(({ name, port }, index) => ({ name, port, base: '/cobrowse', serverUrl: serverUrls[index] ?? '' })),
      { base: '/cobrowse' },
    );
    for (const name of ['CB_1', 'CB_2', 'CB_3']) {
      const socket = open(t, plane.port, '/cobrowse/cometd', { cookie: `gcbSessionServer=${name}` });
      assert.equal(`${await message(socket)}`, `${name} /cobrowse/cometd`);
    }
    const byPrefix = open(t, plane.port, '/n2/cobrowse/cometd?x=1', { host: 'proxy.test' });
    assert.equal(`${await message(byPrefix)}`, 'CB_2 /cobrowse/cometd?x=1');
    const byHost = open(t, plane.port, '/cometd', { host: 'n3.proxy.test' });
    assert.equal(`${await message(byHost)}`, 'CB_3 /cobrowse/cometd');
  });

  it('works after requests on the same two connections', async (t) => {
    const node = await echoNode(t, 'CB_1', (_request, response) => response.end('plain'));
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until('plain');
    client.send(
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    await client.until('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n');
    await client.until('CB_1 /');
  });
});

const WEBSOCKET = 'GET /cometd HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const SECOND = 'GET /second HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

describe('an upgrade that becomes none', () => {
  for (const status of ['403 Forbidden', '200 OK']) {
    it(`for ${status} is relayed with its body, and both connections stay usable`, async (t) => {
      const node = await nodeFor(t, answering(`HTTP/1.1 ${status}\r\nContent-Length: 6\r\n\r\nno way`));
      const plane = await planeBefore(t, node);
      const client = await clientFor(t, plane);
      client.send(WEBSOCKET);
      assert.match(await client.until('no way'), new RegExp(`^HTTP/1.1 ${status}\r\n`));
      client.send(SECOND);
      assert.equal((await client.untilEnd()).split('no way').length, 3);
      assert.equal(node.connections.length, 1);
      assert.deepEqual(
        plane.records.map(({ tunnel }) => tunnel),
        [false, false],
      );
    });
  }

  it('leaves what came after it a request of its own', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(`${WEBSOCKET}\x81\x85 no request`);
    assert.match(await client.untilEnd(), /^HTTP\/1\.1 200 .*HTTP\/1\.1 400 /s);
    assert.doesNotMatch(node.received, /no request/);
  });

  for (const [what, upgrade] of [
    ['h2c', 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n'],
    ['an unknown protocol', 'Connection: Upgrade\r\nUpgrade: teleport/1\r\n'],
    ['several protocols', 'Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n'],
    ['a WebSocket that Connection does not name', 'Upgrade: websocket\r\n'],
  ] as const) {
    it(`since it asks for ${what} is plain HTTP to the node`, async (t) => {
      const node = await nodeFor(t, answering(ok()));
      const plane = await planeBefore(t, node);
      const client = await clientFor(t, plane);
      client.send(`GET / HTTP/1.1\r\nHost: a\r\n${upgrade}\r\n`);
      await client.until('\r\n\r\nok');
      assert.doesNotMatch(node.received, /upgrade|http2-settings|h2c/i);
    });
  }

  it('since it has a body is plain HTTP to the node, with its body', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\nhello',
    );
    const connection = await node.connection();
    assert.doesNotMatch(await connection.until('hello'), /upgrade/i);
    connection.send(ok());
    await client.until('\r\n\r\nok');
  });
});
