/**
 * What an exchange may cost, in counts that are the same on every machine: writes to the kernel, connections, promises
 * and timers. Benchmarks tell of microseconds; this tells at once, and of the change that did it.
 */
import assert from 'node:assert/strict';
import { createHook } from 'node:async_hooks';
import { once } from 'node:events';
import { connect, Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { clientFor, nodeFor, planeBefore } from '../testing/for-test.ts';
import { answering, ok } from '../testing/raw-node.ts';

const EXCHANGES = 200;
/** What the test runner and sweeps do meanwhile. One for each exchange would be far more. */
const background = (tookMs: number): number => EXCHANGES / 4 + tookMs / 10;

const HEAD = 'Host: a\r\nCookie: gcbSessionServer=CB_1\r\n';
const REQUESTS = {
  GET: `GET /answer HTTP/1.1\r\n${HEAD}\r\n`,
  'small POST': `POST /answer HTTP/1.1\r\n${HEAD}Content-Length: 4\r\n\r\nbody`,
};

interface Costs {
  /** By the proxy, to each side. */
  readonly writesToClient: number;
  readonly writesToNode: number;
  readonly nodeConnections: number;
  readonly promises: number;
  readonly timers: number;
  readonly tookMs: number;
}

/** One request after the other on a kept connection, each when the answer before has come. */
async function costsOf(t: TestContext, request: string, answer = ok('small')): Promise<Costs> {
  const node = await nodeFor(t, answering(answer));
  const plane = await planeBefore(t, node);
  const client = await clientFor(t, plane);
  client.send(request);
  await client.until('small');
  const [upstream] = node.connections;
  assert.ok(upstream);

  const ofTest = new Set<Socket>([client.socket, upstream.socket]);
  const counts = { client: 0, node: 0, PROMISE: 0, Timeout: 0 };
  const count = (socket: Socket): void => {
    if (ofTest.has(socket)) return;
    if (socket.localPort === plane.port) counts.client++;
    else if (socket.remotePort === node.port) counts.node++;
  };
  // What a stream hands on, so that several pieces which are corked count once.
  const { _write: write, _writev: writev } = Socket.prototype;
  assert.ok(writev);
  t.after(() => Object.assign(Socket.prototype, { _write: write, _writev: writev }));
  Socket.prototype._write = function (...args) {
    count(this);
    write.apply(this, args);
  };
  Socket.prototype._writev = function (...args) {
    count(this);
    writev.apply(this, args);
  };
  const hook = createHook({
    init(_, type) {
      if (type === 'PROMISE' || type === 'Timeout') counts[type]++;
    },
  });
  const over = new Promise<void>((resolve) => {
    let left = EXCHANGES - 1;
    // Without a promise of the test's own for each answer.
    client.socket.on('data', (chunk) => {
      if (!chunk.includes('small')) return;
      if (left-- > 0) client.send(request);
      else resolve();
    });
  });
  const began = performance.now();
  hook.enable();
  client.send(request);
  await over;
  hook.disable();
  return {
    writesToClient: counts.client,
    writesToNode: counts.node,
    nodeConnections: node.connections.length,
    promises: counts.PROMISE,
    timers: counts.Timeout,
    tookMs: performance.now() - began,
  };
}

describe('an exchange on kept connections', () => {
  for (const [name, request] of Object.entries(REQUESTS)) {
    it(`${name}: one write to the node and one to the client, no promise, no timer`, async (t) => {
      const costs = await costsOf(t, request);
      assert.deepEqual(
        { client: costs.writesToClient, node: costs.writesToNode, connections: costs.nodeConnections },
        { client: EXCHANGES, node: EXCHANGES, connections: 1 },
      );
      const most = background(costs.tookMs);
      assert.ok(costs.promises < most, `${costs.promises} promises in ${EXCHANGES} exchanges`);
      assert.ok(costs.timers < most, `${costs.timers} timers in ${EXCHANGES} exchanges`);
    });
  }

  it('a small chunked answer is one write to the client as well', async (t) => {
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nsmall\r\n0\r\n\r\n';
    const { writesToClient } = await costsOf(t, REQUESTS.GET, chunked);
    assert.equal(writesToClient, EXCHANGES);
  });
});

/** One client connection after the other, each with one request; what the proxy's side of them does. */
async function costsOfConnections(t: TestContext): Promise<{ readonly writes: number; readonly shutdowns: number }> {
  const node = await nodeFor(t, answering(ok('small')));
  const plane = await planeBefore(t, node);
  const counts = { writes: 0, shutdowns: 0 };
  const { _write: write, _final: final } = Socket.prototype;
  t.after(() => Object.assign(Socket.prototype, { _write: write, _final: final }));
  Socket.prototype._write = function (...args) {
    if (this.localPort === plane.port) counts.writes++;
    write.apply(this, args);
  };
  Socket.prototype._final = function (...args) {
    if (this.localPort === plane.port) counts.shutdowns++;
    final.apply(this, args);
  };
  for (let i = 0; i < EXCHANGES; i++) {
    // It closes its side after the proxy has, and not before.
    const client = connect({ port: plane.port, allowHalfOpen: true });
    let answer = '';
    client.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    client.write(`GET /answer HTTP/1.1\r\n${HEAD}Connection: close\r\n\r\n`);
    await once(client, 'end');
    client.destroy();
    assert.match(answer, /small$/);
  }
  return counts;
}

describe('a connection for one request', () => {
  it('is one write to the client, and closed without a shutdown and a wait for the client', async (t) => {
    assert.deepEqual(await costsOfConnections(t), { writes: EXCHANGES, shutdowns: 0 });
  });
});
