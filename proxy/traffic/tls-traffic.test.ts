/** What passes through a connection with TLS: the same as without, and told to nodes as `https`. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { mint } from '../testing/certificates.ts';
import { eventually } from '../testing/eventually.ts';
import { nodeFor } from '../testing/for-test.ts';
import { tcpTo } from '../testing/raw-client.ts';
import { answering, ok } from '../testing/raw-node.ts';
import { tlsClientFor, tlsPlaneBefore } from '../testing/tls-plane.ts';

const CERTIFICATES = [mint({ names: ['a.example'] })];
const UPGRADE =
  'GET /cometd HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const MIB = 1024 * 1024;

async function rawNode(t: TestContext, config?: object) {
  const node = await nodeFor(t);
  const plane = await tlsPlaneBefore(t, node, { certificates: CERTIFICATES, ...(config && { config }) });
  return { node, plane };
}

/** Both ends of an open tunnel. */
async function openTunnel(t: TestContext) {
  const { node, plane } = await rawNode(t);
  const client = await tlsClientFor(t, plane);
  client.send(UPGRADE);
  const connection = await node.connection();
  await connection.until('\r\n\r\n');
  connection.send(SWITCHING);
  await client.until('\r\n\r\n');
  return { plane, client, connection };
}

describe('a request over TLS', () => {
  it('is told to the node as https, whatever the client says of it', async (t) => {
    const { node, plane } = await rawNode(t);
    const client = await tlsClientFor(t, plane);
    client.send('GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: http\r\nForwarded: for=x;proto=http\r\n\r\n');
    const { received } = await node.when(() => node.connections.find((it) => it.received.includes('\r\n\r\n')));
    assert.match(received, /\r\nX-Forwarded-Proto: https\r\n/);
    assert.match(received, /\r\nForwarded: for=127\.0\.0\.1;host="a";proto=https\r\n/);
    assert.doesNotMatch(received, /proto(?:=|: )http\b/i);
  });

  it('is one of many on a connection, whole pipelines in one record', async (t) => {
    const { node, plane } = await rawNode(t);
    node.onData = answering(ok());
    const client = await tlsClientFor(t, plane);
    const pipeline = Array.from({ length: 50 }, (_, n) => `GET /${n} HTTP/1.1\r\nHost: a\r\n\r\n`).join('');
    for (let round = 1; round <= 3; round++) {
      client.send(pipeline);
      await client.until((received) => received.split('200 OK').length === 50 * round + 1);
    }
    assert.equal(plane.stats.connectionsAccepted, 1);
  });

  it('carries 10 MB up and down, and not a byte is another', async (t) => {
    const body = randomBytes(10 * MIB);
    const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    const server = createServer(async (incoming, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const got = Buffer.concat(chunks);
      response.setHeader('X-Hash', hash(got));
      if (incoming.url === '/length') response.setHeader('Content-Length', got.length);
      response.end(got);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.closeAllConnections());
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const plane = await tlsPlaneBefore(t, { port }, { certificates: CERTIFICATES });
    for (const path of ['/length', '/chunked']) {
      const outgoing = request({ port: plane.port, method: 'PUT', path, rejectUnauthorized: false, agent: false });
      outgoing.end(body);
      const [answer] = await once(outgoing, 'response');
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk);
      assert.equal(answer.headers['x-hash'], hash(body));
      assert.equal(hash(Buffer.concat(chunks)), hash(body));
    }
  });

  it('whose client reads slowly holds its node back, and loses nothing', async (t) => {
    const { node, plane } = await rawNode(t);
    const client = await tlsClientFor(t, plane);
    client.socket.pause();
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const connection = await node.connection();
    await connection.until('\r\n\r\n');
    const body = 'x'.repeat(30 * MIB);
    connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await eventually(() => connection.socket.writableLength > 0);
    const before = process.memoryUsage().arrayBuffers;
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.ok(process.memoryUsage().arrayBuffers - before < 8 * MIB);
    client.socket.resume();
    await client.until((received) => received.length > body.length && received.endsWith(body.slice(-1000)));
  });

  it('whose node reads slowly holds its client back, and loses nothing', async (t) => {
    const { node, plane } = await rawNode(t);
    const client = await tlsClientFor(t, plane);
    const body = 'x'.repeat(30 * MIB);
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`);
    const connection = await node.connection();
    await connection.until('\r\n\r\n');
    connection.socket.pause();
    client.send(body);
    const before = process.memoryUsage().arrayBuffers;
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.ok(client.socket.writableLength > 0);
    assert.ok(process.memoryUsage().arrayBuffers - before < body.length + 16 * MIB);
    connection.socket.resume();
    await connection.until((received) => received.length > body.length && received.endsWith(body.slice(-1000)));
  });

  for (const version of ['1.1', '1.0']) {
    it(`is never answered in half as if it were whole, HTTP/${version}`, async (t) => {
      const { node, plane } = await rawNode(t);
      const client = await tlsClientFor(t, plane);
      client.send(`GET / HTTP/${version}\r\nHost: a\r\n\r\n`);
      const connection = await node.connection();
      await connection.until('\r\n\r\n');
      connection.send('HTTP/1.1 200 OK\r\n\r\nhello');
      await client.until('hello');
      connection.socket.resetAndDestroy();
      await client.untilEnd();
      assert.equal(client.reset, true);
      assert.equal((await plane.recorded()).termination, 'node-truncated');
      await eventually(() => plane.stats.clientConnections === 0);
    });
  }

  it('is given up when its client resets the connection', async (t) => {
    const { node, plane } = await rawNode(t);
    const tcp = tcpTo(plane.port);
    const client = await tlsClientFor(t, plane, { socket: tcp });
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const connection = await node.connection();
    await connection.until('\r\n\r\n');
    tcp.resetAndDestroy();
    await connection.untilEnded();
    await eventually(() => plane.stats.clientConnections === 0 && plane.stats.inFlight === 0);
  });

  it('that does not come is waited for as long as any', async (t) => {
    const { plane } = await rawNode(t, { timeouts: { head: '100ms' } });
    const client = await tlsClientFor(t, plane);
    await client.untilEnd();
    await eventually(() => plane.stats.clientConnections === 0);
  });
});

describe('a tunnel over TLS', () => {
  it('passes bytes both ways', async (t) => {
    const { client, connection } = await openTunnel(t);
    const parting = 'x'.repeat(MIB);
    client.send(parting);
    await connection.until((received) => received.endsWith(parting));
    connection.send(parting);
    await client.until((received) => received.endsWith(parting));
  });

  it('half-closed by the client is half-closed to the node, and ends with the other half', async (t) => {
    const { plane, client, connection } = await openTunnel(t);
    client.socket.end('last words');
    await connection.until('last words');
    await connection.untilEnded();
    connection.send('an answer to them');
    await client.until('an answer to them');
    connection.socket.end();
    await client.untilEnd();
    assert.equal((await plane.recorded()).termination, 'tunnel-closed');
    await eventually(() => plane.stats.clientConnections === 0 && plane.stats.nodeConnections[0] === 0);
  });

  it('half-closed by the node is half-closed to the client, and what that still says arrives', async (t) => {
    const { plane, client, connection } = await openTunnel(t);
    connection.socket.end('last words');
    await client.until('last words');
    await client.untilEnd();
    assert.equal(client.reset, false);
    client.socket.end('an answer to them');
    await connection.until('an answer to them');
    await connection.untilEnded();
    assert.equal((await plane.recorded()).termination, 'tunnel-closed');
  });

  it('ends by a shutdown’s deadline', async (t) => {
    const { plane, client, connection } = await openTunnel(t);
    await plane.plane.shutdown(0);
    await client.untilEnd();
    await connection.untilEnded();
    assert.equal(plane.stats.clientConnections, 0);
  });
});
