/**
 * Whole exchanges on sockets: made-up pipelines on one side, made-up answers on the other, both in pieces. Each request
 * reaches the node once and whole, and each answer is that of its own request. Where the last one is answered before
 * its body is complete, that is the end of both connections, whatever else the client says (CVE-2025-4366).
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { startPlane } from '../testing/data-plane.ts';
import { NodeParser } from '../testing/node-parser.ts';
import { RawClient } from '../testing/raw-client.ts';
import { type NodeSocket, RawNode } from '../testing/raw-node.ts';
import { isWhole, type ReadAnswer, readAnswers } from '../testing/read-answers.ts';
import { readRequests } from '../testing/read-requests.ts';
import { inTime } from './in-time.ts';
import { type MadeAnswer, type MadeRequest, madeAnswer, madeRequest } from './messages.ts';
import { pieces } from './pieces.ts';
import { target } from './target.ts';

interface MadeExchange {
  readonly request: MadeRequest;
  readonly answer: MadeAnswer;
}

const MADE_EXCHANGES = fc
  .integer({ min: 1, max: 4 })
  .chain((length) =>
    fc.tuple(
      ...Array.from({ length }, (_, index) =>
        madeRequest(`/${index}`).chain((request) =>
          madeAnswer(request.method).map((answer): MadeExchange => ({ request, answer })),
        ),
      ),
    ),
  );

/** A request of which the rest never comes, and its answer. */
interface EarlyExchange {
  readonly bytes: string;
  readonly answer: MadeAnswer;
}

const EARLY_LINE = 'POST /early HTTP/1.1\r\n';
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';

const EARLY: fc.Arbitrary<EarlyExchange | null> = fc.option(
  fc.record({
    bytes: fc.constantFrom(
      `${EARLY_LINE}Host: a\r\nContent-Length: 1000\r\n\r\n`,
      `${EARLY_LINE}Host: a\r\nContent-Length: 1000\r\n\r\n${SMUGGLED}`,
      `${EARLY_LINE}Host: a\r\nTransfer-Encoding: chunked\r\n\r\n`,
      `${EARLY_LINE}Host: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3e8\r\n${SMUGGLED}`,
    ),
    answer: madeAnswer('POST'),
  }),
);

const CUTS = fc.array(fc.nat(), { maxLength: 4 });

/** Answers what it reads as the exchanges say, and keeps what came over each connection. */
class AnsweringNode {
  #exchanges: readonly MadeExchange[] = [];
  #early: EarlyExchange | null = null;
  #cuts: readonly number[] = [];
  readonly node: RawNode;
  #begins = new WeakMap<NodeSocket, number>();
  readonly #answered = new WeakMap<NodeSocket, number>();

  constructor(node: RawNode) {
    this.node = node;
    node.onData = (connection) => this.#read(connection);
  }

  begin(exchanges: readonly MadeExchange[], early: EarlyExchange | null, cuts: readonly number[]): void {
    this.#exchanges = exchanges;
    this.#early = early;
    this.#cuts = cuts;
    for (const connection of this.node.connections) {
      this.#begins.set(connection, connection.received.length);
      this.#answered.set(connection, 0);
    }
  }

  /** What came since then, of each connection that got anything. */
  get streams(): string[] {
    return this.node.connections.map((connection) => this.#stream(connection)).filter((stream) => stream !== '');
  }

  #stream(connection: NodeSocket): string {
    return connection.received.slice(this.#begins.get(connection) ?? 0);
  }

  #read(connection: NodeSocket): void {
    const { requests } = readRequests([Buffer.from(this.#stream(connection), 'latin1')]);
    const answered = this.#answered.get(connection) ?? 0;
    this.#answered.set(connection, requests.length);
    for (const request of requests.slice(answered)) {
      const exchange = this.#exchanges.find(({ request: made }) => made.target === request.target);
      if (exchange !== undefined) void this.#answer(connection, exchange.answer);
    }
    const early = this.#early;
    const head = this.#stream(connection).indexOf(EARLY_LINE);
    if (early === null || head === -1 || !this.#stream(connection).includes('\r\n\r\n', head)) return;
    this.#early = null;
    void this.#answer(connection, early.answer);
  }

  async #answer(connection: NodeSocket, { bytes, closes }: MadeAnswer): Promise<void> {
    await sendInPieces(connection, pieces(bytes, this.#cuts));
    if (closes) connection.socket.end();
  }
}

async function sendInPieces(to: { send(bytes: Buffer): void }, all: readonly Buffer[]): Promise<void> {
  for (const piece of all) {
    to.send(piece);
    await new Promise(setImmediate);
  }
}

const parsers = [new NodeParser(), new NodeParser({ lenient: true })];

const seenOfEarly = ({ answer }: EarlyExchange) =>
  seenOf({ request: { bytes: '', method: 'POST', target: '/early', body: '', expectsContinue: false }, answer });

/** By target, since nobody knows the order of connections. */
async function assertStreams(all: readonly string[], exchanges: readonly MadeExchange[]): Promise<void> {
  // What follows that line is the begin of a body that never ends.
  const streams = all.map((stream) => stream.split(EARLY_LINE, 1)[0] ?? '').filter((stream) => stream !== '');
  const made = exchanges.map(({ request: { method, target, body } }) => ({ method, target, body }));
  for (const parser of parsers) {
    const read = await Promise.all(streams.map((stream) => parser.read(stream)));
    assert.deepEqual(
      read.map(({ error }) => error),
      streams.map(() => ''),
    );
    const requests = read.flatMap((each) => each.requests);
    assert.deepEqual(requests.sort(byTarget), made);
  }
}

const byTarget = (a: { target: string }, b: { target: string }) => (a.target < b.target ? -1 : 1);

/** An answer of any status as the client must see it, with the interim ones before it. */
function seenOf({ request, answer }: MadeExchange): unknown[] {
  const interim = answer.interim.filter((code) => code !== 100 || request.expectsContinue);
  return [
    ...interim.map((status) => ({ status, body: '', trailers: [] })),
    { status: answer.status, body: answer.body, trailers: answer.trailers },
  ];
}

export const EXCHANGES = target({
  name: 'exchanges',
  runs: 100,
  input: fc.record({ exchanges: MADE_EXCHANGES, early: EARLY, requestCuts: CUTS, answerCuts: CUTS }),
  async start() {
    const node = new AnsweringNode(await RawNode.start());
    const plane = await startPlane([{ name: 'n1', port: node.node.port }]);
    return {
      async holds({ exchanges, early, requestCuts, answerCuts }) {
        node.begin(exchanges, early, answerCuts);
        const client = await RawClient.open(plane.port);
        const state = () => JSON.stringify({ client: client.received, node: node.streams });
        try {
          const bytes = exchanges.map(({ request }) => request.bytes).join('') + (early?.bytes ?? '');
          await sendInPieces(client, pieces(bytes, requestCuts));
          const methods = exchanges.map(({ request }) => request.method);
          if (early !== null) methods.push('POST');
          await inTime(
            client.until((received) => isWhole(received, methods)),
            state,
          );
          if (early !== null) {
            client.send(SMUGGLED);
            await inTime(client.untilEnd(), state);
          }
          const seen = readAnswers(client.received, methods).map(({ status, body, trailers }: ReadAnswer) => {
            return { status, body, trailers };
          });
          assert.deepEqual(seen, [...exchanges.flatMap(seenOf), ...(early === null ? [] : seenOfEarly(early))]);
          await assertStreams(node.streams, exchanges);
        } finally {
          client.close();
        }
        return true;
      },
      async close() {
        await plane.close();
        await node.node.close();
      },
    };
  },
});
