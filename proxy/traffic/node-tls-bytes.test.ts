/** Bytes through TLS to a node: all of them, in order, under back-pressure, and how they end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { mint } from '../testing/certificates.ts';
import type { TestPlane } from '../testing/data-plane.ts';
import { eventually } from '../testing/eventually.ts';
import { clientFor, nodeFor, planeFor } from '../testing/for-test.ts';
import { RawClient } from '../testing/raw-client.ts';
import { middleFor, NODE_CERTIFICATE, NODE_FILES, planeBeforeTls, tlsNodeFor } from '../testing/tls-node.ts';
import { listenerTls, TLS_LISTENER } from '../testing/tls-plane.ts';

const { cert, key } = NODE_CERTIFICATE;
const MIB = 1024 * 1024;
/** Every four bytes say where they belong. */
const BODY = Buffer.from(Uint32Array.from({ length: (10 * MIB) / 4 }, (_, i) => (i * 2_654_435_761) >>> 0).buffer);

/** A port of 127.0.0.1. */
async function serveHttps(
  t: TestContext,
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<number> {
  const server = createServer({ cert, key }, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** What it received, read in fits and starts. */
async function readAll(from: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of from) {
    pieces.push(piece);
    for (let turns = pieces.length % 5; turns > 0; turns--) await turn();
  }
  return Buffer.concat(pieces);
}

describe('10 MB through TLS to a node', () => {
  for (const framing of ['with a length', 'in chunks'] as const) {
    for (const client of ['plain', 'TLS'] as const) {
      it(`go up and come down as they were, ${framing}, for a client with ${client}`, async (t) => {
        const port = await serveHttps(t, async (request, response) => {
          const body = await readAll(request);
          if (framing === 'with a length') response.setHeader('Content-Length', body.length);
          for (let at = 0; at < body.length; at += 300_000) response.write(body.subarray(at, at + 300_000));
          response.end();
        });
        const tls = client === 'TLS' ? [listenerTls({ certificates: [mint()] })] : [];
        const plane = await planeFor(
          t,
          [{ name: 'CB_1', port, tls: { ca: 'ca' } }],
          client === 'TLS' ? { listeners: [TLS_LISTENER] } : {},
          { listeners: tls, nodeFiles: NODE_FILES },
        );
        const { socket } = client === 'TLS' ? await RawClient.openTls(plane.port) : await RawClient.open(plane.port);
        t.after(() => socket.destroy());
        socket.removeAllListeners('data').pause();
        const length = framing === 'with a length' ? `Content-Length: ${BODY.length}` : 'Transfer-Encoding: chunked';
        socket.write(`POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${length}\r\n\r\n`);
        if (framing === 'with a length') socket.write(BODY);
        else
          socket.write(
            Buffer.concat([Buffer.from(`${BODY.length.toString(16)}\r\n`), BODY, Buffer.from('\r\n0\r\n\r\n')]),
          );
        const answer = await readAll(socket);
        const start = answer.indexOf('\r\n\r\n') + 4;
        const body = framing === 'with a length' ? answer.subarray(start) : unchunked(answer.subarray(start));
        assert.ok(body.equals(BODY), `${body.length} bytes`);
      });
    }
  }

  it('that nobody takes stay with the node', async (t) => {
    let taken = 0;
    const port = await serveHttps(t, (_request, response) => {
      const more = (): void => {
        while (!response.destroyed) {
          taken += MIB;
          if (!response.write(BODY.subarray(0, MIB))) break;
        }
      };
      response.on('drain', more);
      more();
    });
    const plane = await planeBeforeTls(t, { port });
    const client = await clientFor(t, plane);
    client.socket.pause();
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const held = (): number => process.memoryUsage().arrayBuffers + process.memoryUsage().external;
    await eventually(() => taken >= 2 * MIB);
    for (let i = 0; i < 500; i++) await turn();
    const before = taken;
    const memory = held();
    for (let i = 0; i < 2000; i++) await turn();
    assert.ok(taken - before <= 16 * MIB, `${taken - before} more were taken`);
    assert.ok(held() - memory < 16 * MIB);
  });
});

function unchunked(bytes: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16);
    if (!(size > 0)) return Buffer.concat(pieces);
    pieces.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 4 + size;
  }
}

const BEGINNINGS = {
  length: 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello',
  chunked: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
  close: 'HTTP/1.1 200 OK\r\n\r\nhello',
};

describe('an answer through TLS that ends too early', () => {
  for (const [framing, beginning] of Object.entries(BEGINNINGS)) {
    for (const death of ['with a close_notify', 'without one', 'with a reset'] as const) {
      it(`(${framing}) ${death} is seen as a reset`, async (t) => {
        const node = await nodeFor(t, undefined, { cert, key });
        const middle = await middleFor(t, node);
        const plane = await planeBeforeTls(t, middle);
        const client = await clientFor(t, plane);
        client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
        const connection = await node.connection();
        await connection.until('\r\n\r\n');
        connection.send(beginning);
        await client.until('hello');
        if (death === 'with a close_notify') connection.socket.end();
        else if (death === 'with a reset') middle.reset();
        else middle.end();
        const answer = await client.untilEnd();
        assert.equal(client.reset, true);
        assert.doesNotMatch(answer, /0\r\n\r\n$/);
        assert.equal((await plane.recorded()).termination, 'node-truncated');
      });
    }
  }
});

const UPGRADE =
  'GET /cometd HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

describe('a tunnel through TLS to a node', () => {
  const opened = async (t: TestContext) => {
    const { node, plane } = await tlsNodeFor(t);
    const client = await clientFor(t, plane);
    client.send(`${UPGRADE}from the client`);
    const connection = await node.connection();
    await connection.until('\r\n\r\n');
    connection.send(`${SWITCHING}from the node`);
    await client.until('\r\n\r\nfrom the node');
    await connection.until('\r\n\r\nfrom the client');
    return { plane, client, connection };
  };

  const isOver = (plane: TestPlane): Promise<void> =>
    eventually(() => plane.stats.clientConnections === 0 && plane.stats.nodeConnections[0] === 0);

  it('half-closed by the client is half-closed to the node', async (t) => {
    const { plane, client, connection } = await opened(t);
    client.socket.end('last words');
    await connection.until('last words');
    await connection.untilEnded();
    connection.send('an answer to them');
    await client.until('an answer to them');
    assert.equal(client.ended, false);
    connection.socket.end();
    await client.untilEnd();
    assert.equal((await plane.recorded()).termination, 'tunnel-closed');
    await isOver(plane);
  });

  it('half-closed by the node is half-closed to the client', async (t) => {
    const { plane, client, connection } = await opened(t);
    connection.socket.end('last words');
    await client.until('last words');
    await client.untilEnd();
    client.socket.end('more words');
    await connection.until('more words');
    assert.equal((await plane.recorded()).termination, 'tunnel-closed');
    await isOver(plane);
  });

  it('carries 10 MB both ways at once', async (t) => {
    const { plane, client, connection } = await opened(t);
    const before = { client: client.received.length, node: connection.received.length };
    connection.send(BODY);
    client.send(BODY);
    const text = BODY.toString('latin1');
    await client.until((received) => received.length >= before.client + BODY.length);
    await connection.until((received) => received.length >= before.node + BODY.length);
    assert.ok(client.received.endsWith(text) && connection.received.endsWith(text));
    client.close();
    await isOver(plane);
  });
});
