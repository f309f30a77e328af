/**
 * The hand-over to a tunnel: bytes behind the request before its 101, bytes behind the 101, all cut anywhere. What
 * either side says arrives on the other whole and in order, and nothing of it is ever read as a request; unless the
 * node refuses, for then it is nothing else.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { startPlane, type TestPlane } from '../testing/data-plane.ts';
import { RawClient } from '../testing/raw-client.ts';
import { type NodeSocket, ok, RawNode } from '../testing/raw-node.ts';
import { inTime } from './in-time.ts';
import { DATA } from './messages.ts';
import { pieces } from './pieces.ts';
import { target } from './target.ts';

const GET = 'GET /plain HTTP/1.1\r\nHost: a\r\n\r\n';
const UPGRADE = 'GET /tunnel HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const REFUSED = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno';
const PLAIN = ok();

/** Early bytes beyond what is kept of pipelined ones, too. */
const WORDS = fc.oneof({ weight: 9, arbitrary: DATA }, { weight: 1, arbitrary: fc.constant('z'.repeat(200_000)) });
const CUTS = fc.array(fc.nat(), { maxLength: 6 });

interface HandOver {
  /** Requests before the upgrade, in the same pipeline. */
  readonly before: number;
  /** What the client says behind its request, and what when the tunnel is open. */
  readonly early: string;
  readonly late: string;
  readonly hints: number;
  /** What the node says behind its 101, and what when the tunnel is open. */
  readonly first: string;
  readonly last: string;
  readonly clientCuts: readonly number[];
  readonly nodeCuts: readonly number[];
  /** Who closes its side first. */
  readonly nodeFirst: boolean;
  /** Turns of the event loop between two pieces. */
  readonly turns: number;
}

async function sendInPieces(to: RawClient | NodeSocket, bytes: string, cuts: readonly number[], turns: number) {
  for (const piece of pieces(bytes, cuts)) {
    to.send(piece);
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
  }
}

/** A node that answers one request after the other, and the upgrade by these bytes. */
class TunnelNode {
  readonly node: RawNode;
  answer: (connection: NodeSocket) => void = () => {};
  /** The connection of the upgrade, once it is there. */
  tunnel: NodeSocket | undefined;
  readonly #answered = new WeakMap<NodeSocket, number>();

  constructor(node: RawNode) {
    this.node = node;
    node.onData = (connection) => this.#read(connection);
  }

  #read(connection: NodeSocket): void {
    if (connection === this.tunnel) return;
    for (;;) {
      const start = this.#answered.get(connection) ?? 0;
      const end = connection.received.indexOf('\r\n\r\n', start);
      if (end === -1) return;
      this.#answered.set(connection, end + 4);
      if (connection.received.startsWith('GET /tunnel ', start)) this.answer(connection);
      else connection.send(PLAIN);
    }
  }

  /** What came behind the head of the upgrade. */
  get heard(): string {
    return this.tunnel?.received.slice(this.#answered.get(this.tunnel)) ?? '';
  }
}

async function assertOpened(node: TunnelNode, plane: TestPlane, handOver: HandOver): Promise<void> {
  const { before, early, late, hints, first, last, clientCuts, nodeCuts, nodeFirst, turns } = handOver;
  const records = plane.records.length;
  node.tunnel = undefined;
  node.answer = (connection) => {
    node.tunnel = connection;
    void sendInPieces(connection, HINTS.repeat(hints) + SWITCHING + first, nodeCuts, turns);
  };
  const client = await RawClient.open(plane.port);
  const state = () => JSON.stringify({ client: client.received, node: node.heard });
  try {
    const expected = PLAIN.repeat(before) + HINTS.repeat(hints) + SWITCHING + first;
    await sendInPieces(client, GET.repeat(before) + UPGRADE + early, clientCuts, turns);
    await inTime(
      client.until((received) => received.length >= expected.length),
      state,
    );
    const tunnel = await inTime(
      node.node.when(() => node.tunnel),
      state,
    );
    await sendInPieces(client, late, clientCuts, turns);
    await sendInPieces(tunnel, last, nodeCuts, turns);
    if (nodeFirst) tunnel.socket.end();
    else client.socket.end();
    await inTime<unknown>(nodeFirst ? client.untilEnd() : tunnel.untilEnded(), state);
    if (nodeFirst) client.socket.end();
    else tunnel.socket.end();
    await inTime<unknown>(nodeFirst ? tunnel.untilEnded() : client.untilEnd(), state);
    assert.equal(client.received, expected + last);
    assert.equal(node.heard, early + late);
    await inTime(
      plane.recorded(() => plane.records.length > records + before),
      state,
    );
    const ends = plane.records.slice(records).map(({ tunnel, termination }) => [tunnel, termination]);
    assert.deepEqual(ends, [...Array(before).fill([false, 'completed']), [true, 'tunnel-closed']]);
  } finally {
    client.close();
  }
}

/** The node refuses, and what follows are `requests` more. */
async function assertRefused(node: TunnelNode, plane: TestPlane, handOver: HandOver, requests: number): Promise<void> {
  const { before, clientCuts, nodeCuts, turns } = handOver;
  const records = plane.records.length;
  node.answer = (connection) => void sendInPieces(connection, REFUSED, nodeCuts, turns);
  const client = await RawClient.open(plane.port);
  try {
    const expected = PLAIN.repeat(before) + REFUSED + PLAIN.repeat(requests);
    await sendInPieces(client, GET.repeat(before) + UPGRADE + GET.repeat(requests), clientCuts, turns);
    await inTime(
      client.until((received) => received.length >= expected.length),
      () => JSON.stringify(client.received),
    );
    assert.equal(client.received, expected);
    assert.equal(plane.records.length, records + before + 1 + requests);
  } finally {
    client.close();
  }
}

export const TUNNELS = target({
  name: 'tunnels',
  runs: 100,
  input: fc.record({
    before: fc.nat(2),
    early: WORDS,
    late: WORDS,
    hints: fc.nat(2),
    first: WORDS,
    last: WORDS,
    clientCuts: CUTS,
    nodeCuts: CUTS,
    nodeFirst: fc.boolean(),
    turns: fc.nat(3),
    refused: fc.option(fc.nat(3)),
  }),
  async start() {
    const node = new TunnelNode(await RawNode.start());
    const plane = await startPlane([{ name: 'n1', port: node.node.port }]);
    return {
      async holds({ refused, ...handOver }) {
        if (refused === null) await assertOpened(node, plane, handOver);
        else await assertRefused(node, plane, handOver, refused);
        return true;
      },
      async close() {
        await plane.close();
        await node.node.close();
      },
    };
  },
});
