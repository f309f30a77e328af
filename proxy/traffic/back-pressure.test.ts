/** A slow side slows the other one down: what is under way stays in the kernel and not in this process. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../testing/eventually.ts';
import { planeBefore } from '../testing/for-test.ts';

const MIB = 1024 * 1024;
const TOTAL = 96 * MIB;
/** What the kernel may hold for two connections, and a few buffers of this process. */
const BOUND = 32 * MIB;
const PIECE = Buffer.alloc(64 * 1024, 'x');

/** Resolves when the figure has grown, and has stopped growing. */
async function settled(figure: () => number): Promise<number> {
  await eventually(() => figure() > 0);
  for (;;) {
    const before = figure();
    await sleep(300);
    if (figure() === before) return before;
  }
}

/** Writes all of it as fast as the stream takes it. */
async function pour(stream: NodeJS.WritableStream, total = TOTAL): Promise<void> {
  for (let sent = 0; sent < total; sent += PIECE.length) {
    if (!stream.write(PIECE)) await once(stream, 'drain');
  }
  stream.end();
}

/** A node that takes any request with `onRequest`, which gets the socket as well. */
async function node(t: TestContext, onRequest: (response: ServerResponse, socket: Socket) => void): Promise<number> {
  const server = createServer((incoming, response) => onRequest(response, incoming.socket)).listen(0, '127.0.0.1');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('a client that does not read', () => {
  for (const framing of ['length', 'chunked']) {
    it(`stops the node (${framing}), and gets the whole body once it reads`, async (t) => {
      let nodeSocket: Socket | undefined;
      const port = await node(t, (response, socket) => {
        nodeSocket = socket;
        if (framing === 'length') response.setHeader('Content-Length', TOTAL);
        pour(response).catch(() => {});
      });
      const plane = await planeBefore(t, { port });
      const client = connect({ host: '127.0.0.1', port: plane.port });
      t.after(() => client.destroy());
      client.pause();
      client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      const begun = await settled(() => nodeSocket?.bytesWritten ?? 0);
      assert.ok(begun > 0 && begun < BOUND, `${begun} bytes were taken from the node`);

      let received = 0;
      let most = 0;
      client.on('data', (chunk) => {
        received += chunk.length;
        most = Math.max(most, (nodeSocket?.bytesWritten ?? 0) - received);
      });
      client.resume();
      await once(client, 'end');
      assert.ok(received > TOTAL, `${received} bytes arrived`);
      assert.ok(most < BOUND, `${most} bytes were between node and client`);
      assert.equal((await plane.recorded()).termination, 'completed');
    });
  }
});

describe('a node that does not read', () => {
  it('stops the client, and gets the whole body once it reads', async (t) => {
    let arrived = 0;
    let read = (): void => {};
    const server = createServer((incoming, response) => {
      read = () =>
        incoming.on('data', (chunk) => {
          arrived += chunk.length;
        });
      incoming.on('end', () => response.end(`${arrived}`));
    }).listen(0, '127.0.0.1');
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    await once(server, 'listening');
    const plane = await planeBefore(t, { port: (server.address() as AddressInfo).port });
    const outgoing = request({ host: '127.0.0.1', port: plane.port, method: 'POST', agent: false });
    outgoing.setHeader('Content-Length', TOTAL);
    const poured = pour(outgoing);
    const begun = await settled(() => outgoing.socket?.bytesWritten ?? 0);
    assert.ok(begun > 0 && begun < BOUND, `${begun} bytes were taken from the client`);
    read();
    await poured;
    await once(outgoing, 'response');
    assert.equal(arrived, TOTAL);
  });
});
