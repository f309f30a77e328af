/**
 * Bulk goes from one socket to the other without a copy, so its buffer must not be read into before the client has
 * taken it. Clients here read in fits and starts, and every byte says where it belongs.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { planeBefore } from '../testing/for-test.ts';

const MIB = 1024 * 1024;
const SIZE = 12 * MIB;

/** Four bytes each tell their position, beginning with `seed`. */
function marked(seed: number, size = SIZE): Buffer {
  const words = Uint32Array.from({ length: size / 4 }, (_, index) => (seed + index * 2_654_435_761) >>> 0);
  return Buffer.from(words.buffer);
}

const BODIES = [marked(1), marked(2), marked(3)];

type Send = (response: ServerResponse, body: Buffer) => void;

const SENDERS: Readonly<Record<string, Send>> = {
  'with a length': (response, body) => {
    response.setHeader('Content-Length', body.length);
    response.end(body);
  },
  'in chunks': (response, body) => {
    for (let at = 0; at < body.length; at += 300_000) response.write(body.subarray(at, at + 300_000));
    response.end();
  },
  'until it closes': (response, body) => {
    response.removeHeader('Transfer-Encoding');
    response.shouldKeepAlive = false;
    response.useChunkedEncodingByDefault = false;
    response.end(body);
  },
};

/** `GET /N` is answered with body N; an upgrade is followed by body 0. */
async function startNode(t: TestContext, send: Send): Promise<number> {
  const server = createServer((incoming, response) => {
    const body = BODIES[Number(incoming.url?.slice(1))];
    if (body === undefined) response.end(incoming.url);
    else send(response, body);
  });
  server.on('upgrade', (_incoming, socket: Socket) => {
    t.after(() => socket.destroy());
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    socket.write(BODIES[0] ?? '');
  });
  server.listen(0, '127.0.0.1');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Reads a piece at a time, with turns of the event loop between, so that much of an answer waits before it. */
class FitfulClient {
  readonly #socket: Socket;
  readonly #incoming: NodeJS.AsyncIterator<Buffer>;
  readonly #pieces: Buffer[] = [];
  #length = 0;

  constructor(t: TestContext, port: number) {
    this.#socket = connect({ host: '127.0.0.1', port });
    this.#incoming = this.#socket[Symbol.asyncIterator]();
    t.after(() => this.#socket.destroy());
  }

  send(text: string): void {
    this.#socket.write(text);
  }

  /** All that has come, once it is so many bytes or all there is. */
  async read(atLeast: number): Promise<Buffer> {
    while (this.#length < atLeast) {
      const { value, done } = await this.#incoming.next();
      if (done === true) break;
      this.#pieces.push(value);
      this.#length += value.length;
      for (let turns = this.#pieces.length % 7; turns > 0; turns--) await turn();
    }
    return Buffer.concat(this.#pieces);
  }
}

const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;

/** The body after the head, without the chunked coding. */
function bodyOf(answer: Buffer): Buffer {
  const headEnd = answer.indexOf('\r\n\r\n') + 4;
  if (!/^transfer-encoding: chunked/im.test(answer.toString('latin1', 0, headEnd))) return answer.subarray(headEnd);
  const pieces: Buffer[] = [];
  for (let at = headEnd; ; ) {
    const lineEnd = answer.indexOf('\r\n', at);
    const size = Number.parseInt(answer.toString('latin1', at, lineEnd), 16);
    if (!(size > 0)) return Buffer.concat(pieces);
    pieces.push(answer.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

describe('bulk', () => {
  for (const [how, send] of Object.entries(SENDERS)) {
    it(`${how} arrives as it was sent, on several connections at once`, async (t) => {
      const plane = await planeBefore(t, { port: await startNode(t, send) });
      const answers = BODIES.map((_, index) => {
        const client = new FitfulClient(t, plane.port);
        client.send(get(`/${index}`, 'Connection: close\r\n'));
        return client.read(Number.POSITIVE_INFINITY);
      });
      for (const [index, answer] of (await Promise.all(answers)).entries()) {
        assert.ok(bodyOf(answer).equals(BODIES[index] ?? Buffer.alloc(0)), `body ${index}`);
      }
    });
  }

  it('that a client has not taken is not touched by what its connection to the node carries next', async (t) => {
    const port = await startNode(t, (response, body) => {
      response.setHeader('Content-Length', MIB);
      response.end(body.subarray(0, MIB));
    });
    const plane = await planeBefore(t, { port });
    const clients = BODIES.map(() => new FitfulClient(t, plane.port));
    // One connection to the node, again and again: it is free between the answers that its clients leave lying.
    const answers = clients.map(async (client, index) => {
      const request = get(`/${index}`);
      client.send(request);
      const length = (await client.read(1)).indexOf('\r\n\r\n') + 4 + MIB;
      client.send(request.repeat(19));
      const all = await client.read(20 * length);
      return Array.from({ length: 20 }, (_, nth) => bodyOf(all.subarray(nth * length, (nth + 1) * length)));
    });
    for (const [index, bodies] of (await Promise.all(answers)).entries()) {
      const expected = BODIES[index]?.subarray(0, MIB) ?? Buffer.alloc(0);
      for (const [nth, body] of bodies.entries()) assert.ok(body.equals(expected), `body ${index}, time ${nth}`);
    }
  });

  it('passes a tunnel as it was sent', async (t) => {
    const plane = await planeBefore(t, { port: await startNode(t, () => {}) });
    const client = new FitfulClient(t, plane.port);
    client.send(get('/', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'));
    const head = (await client.read(1)).indexOf('\r\n\r\n') + 4;
    const all = await client.read(head + SIZE);
    assert.ok(all.subarray(head).equals(BODIES[0] ?? Buffer.alloc(0)));
  });
});
