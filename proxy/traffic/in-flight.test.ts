/** Whatever becomes of a request, what was counted up for it is counted down again. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { refusedPort } from '../pool/testing/servers.ts';
import type { TestPlane } from '../testing/data-plane.ts';
import { eventually } from '../testing/eventually.ts';
import { clientFor, nodeFor, planeBefore, planeFor } from '../testing/for-test.ts';
import type { RawClient } from '../testing/raw-client.ts';
import { answering, type NodeSocket, ok } from '../testing/raw-node.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello';
const UPGRADE = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

function assertNothingInFlight({ stats, plane, config }: TestPlane): void {
  assert.equal(stats.inFlight, 0);
  for (const { index, name } of plane.view.nodes) assert.equal(plane.load.active(index), 0, name);
  assert.deepEqual(
    [...stats.tunnels],
    config.nodes.map(() => 0),
  );
}

interface Case {
  readonly name: string;
  readonly request?: string;
  readonly options?: object;
  /** What the node does with each read. */
  readonly node?: (connection: NodeSocket) => void;
  /** What the client does when the node has its request. */
  readonly client?: (client: RawClient, connection: NodeSocket) => Promise<void> | void;
}

const CASES: readonly Case[] = [
  { name: 'success', node: answering(ok()) },
  { name: 'success of an upgrade', request: UPGRADE, node: answering(SWITCHING), client: leaveTunnel },
  { name: 'an early answer', request: POST, node: answering(ok()) },
  { name: 'a broken answer', node: answering('HTTP/2 what?\r\n\r\n') },
  { name: 'a truncated answer', node: ({ socket }) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx') },
  { name: 'a node that resets', node: ({ socket }) => socket.resetAndDestroy() },
  { name: 'a node that is late', options: { timeouts: { answer: '100ms' } } },
  { name: 'a client that aborts', client: ({ socket }) => void socket.resetAndDestroy() },
  { name: 'a client that aborts its upload', request: POST, client: ({ socket }) => void socket.end() },
  { name: 'a client that stalls', request: POST, options: { timeouts: { body: '100ms' } } },
  {
    name: 'a body that turns out malformed',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n',
    client: (client) => client.send('zz\r\n'),
  },
];

async function leaveTunnel(client: RawClient): Promise<void> {
  await client.until('\r\n\r\n');
  client.socket.resetAndDestroy();
}

async function planeFurther(t: TestContext, { node: onData, options }: Case) {
  const node = await nodeFor(t, onData);
  return { node, plane: await planeBefore(t, node, options) };
}

describe('nothing stays in flight', () => {
  for (const about of CASES) {
    it(`after ${about.name}`, async (t) => {
      const { node, plane } = await planeFurther(t, about);
      const client = await clientFor(t, plane);
      client.send(about.request ?? GET);
      const connection = await node.connection();
      await connection.until('\r\n\r\n');
      await about.client?.(client, connection);
      await plane.recorded();
      assertNothingInFlight(plane);
      assert.equal(plane.records.length, 1);
      client.close();
      await eventually(() => plane.stats.clientConnections === 0);
    });
  }

  it('after refusals and retries', async (t) => {
    const alive = await nodeFor(t, answering(ok()));
    const plane = await planeFor(t, [
      { name: 'CB_1', port: await refusedPort() },
      { name: 'CB_2', port: alive.port },
    ]);
    const client = await clientFor(t, plane);
    client.send('GET / HTTP/1.1\r\nHost: a\r\nCookie: gcbSessionServer=CB_1\r\n\r\n');
    await client.until('\r\n\r\nok');
    assertNothingInFlight(plane);
    plane.change('CB_1', { state: 'down' });
    plane.change('CB_2', { state: 'down' });
    client.send(GET);
    await client.until('"no_node_available"');
    assertNothingInFlight(plane);
  });

  it('while the count is true in between', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const clients = await Promise.all([1, 2, 3].map(() => clientFor(t, plane)));
    for (const client of clients) client.send(GET);
    await node.when(() => (node.received.split('\r\n\r\n').length === 4 ? true : undefined));
    assert.equal(plane.stats.inFlight, 3);
    assert.equal(plane.plane.load.active(0), 3);
    for (const connection of node.connections) connection.send(ok());
    await plane.recorded(() => plane.records.length === 3);
    assertNothingInFlight(plane);
  });
});
