/** The corpus of answers against a whole data plane: one plane, and one node that answers as each case says. */
import assert from 'node:assert/strict';
import type { ClientHttp2Session } from 'node:http2';
import {
  type AnswerCase,
  type AnswerOutcome,
  type Asks,
  type DeliveredAnswer,
  methodOf,
} from '../http/corpus/answer-case.ts';
import { NO_ERROR } from '../http2/frames.ts';
import { askHttp2, assertReadHttp2 } from './ask-http2.ts';
import { startPlane, type TestPlane } from './data-plane.ts';
import { readWithNodeClient } from './node-client-parser.ts';
import { exchangeRaw, RawClient } from './raw-client.ts';
import { type NodeSocket, ok, RawNode } from './raw-node.ts';
import { isWhole, readAnswers } from './read-answers.ts';

const NEXT = 'GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

/** The request of a case over HTTP/1.1, or HTTP/1.0 where the case is about that. */
const REQUESTS: Readonly<Record<Asks, string>> = {
  get: 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n',
  head: 'HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n',
  upgrade: 'GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  post: 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
  upload: 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nhello',
  expecting: 'POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello',
  'get-1.0': 'GET /x HTTP/1.0\r\n\r\n',
  'head-1.0': 'HEAD /x HTTP/1.0\r\n\r\n',
};

type Refused = Extract<AnswerOutcome, string>;

export class AnswerPlane {
  readonly plane: TestPlane;
  readonly #node: RawNode;
  #case: AnswerCase | undefined;
  /** The connection that carried the case's request, the last one if it was sent again. */
  #served: NodeSocket | undefined;
  /** What of a connection's bytes belongs to requests that are answered. */
  readonly #answered = new WeakMap<NodeSocket, number>();

  private constructor(node: RawNode, plane: TestPlane) {
    this.#node = node;
    this.plane = plane;
    node.onData = (connection) => this.#answer(connection);
  }

  /** `http2`: its listener takes both. */
  static async start({ http2 = false } = {}): Promise<AnswerPlane> {
    const node = await RawNode.start();
    return new AnswerPlane(
      node,
      await startPlane([{ name: 'n1', port: node.port }], { listeners: [{ port: 0, http2 }] }),
    );
  }

  async close(): Promise<void> {
    await this.plane.close();
    await this.#node.close();
  }

  async check(answerCase: AnswerCase): Promise<void> {
    this.#case = answerCase;
    const client = await RawClient.open(this.plane.port);
    try {
      const { asks, expected } = answerCase;
      client.send(REQUESTS[asks]);
      if (typeof expected === 'string') await this.#assertRefused(client, asks, expected);
      else await this.#assertDelivered(client, answerCase, expected);
    } finally {
      client.close();
    }
  }

  /**
   * Over HTTP/2: nothing of the connection is an answer's, and one that is not whole is a reset. A WebSocket is a
   * tunnel to its client with any 2xx (RFC 8441 §5), and these nodes do not know its key: none of their answers opens
   * one.
   * `node:http2` sends no status above 599.
   */
  async checkHttp2(answerCase: AnswerCase, session: ClientHttp2Session): Promise<void> {
    this.#case = answerCase;
    const { asks, expected } = answerCase;
    const read = await askHttp2(session, asks);
    const status = typeof expected === 'string' ? 0 : expected.status;
    const cut = expected === 'cut-off' || status > 599 || (asks === 'upgrade' && status > 0 && status < 300);
    if (cut) {
      assert.notEqual(read.reset, NO_ERROR, 'the stream breaks');
    } else if (typeof expected === 'string') {
      assert.deepEqual({ status: read.status, reset: read.reset }, { status: 502, reset: NO_ERROR });
      if (asks !== 'head') assert.equal(JSON.parse(read.body).error.code, expected);
      assert.equal(this.plane.records.at(-1)?.error, expected);
    } else assertReadHttp2(read, expected);
    if (typeof expected === 'string') await this.#assertNextIsServed(false);
    else if (!cut) await this.#assertNextIsServed(expected.reused);
    assert.equal((await askHttp2(session, 'get', '/next')).body, 'next');
  }

  async #assertRefused(client: RawClient, asks: Asks, expected: Refused): Promise<void> {
    const method = methodOf(asks);
    const received = await client.untilEnd();
    if (expected === 'cut-off') {
      assert.ok(client.reset, 'the connection breaks');
      // To an HTTP/1.0 client, which knows no coding, nothing else tells.
      if (!asks.endsWith('1.0')) assert.ok(!isWhole(received, [method]), received);
    } else {
      const refusal = readAnswers(received, [method]).at(-1);
      assert.equal(refusal?.status, 502);
      if (method !== 'HEAD') assert.equal(JSON.parse(refusal.body).error.code, expected);
      assert.equal(this.plane.records.at(-1)?.error, expected);
      assert.equal(client.reset, false);
    }
    await this.#assertNextIsServed(false);
  }

  async #assertDelivered(client: RawClient, { asks, bytes }: AnswerCase, expected: DeliveredAnswer): Promise<void> {
    const method = methodOf(asks);
    const received = expected.ends ? await client.untilEnd() : await client.until((text) => isWhole(text, [method]));
    await assertRead(received, method, expected);
    if (expected.verbatim) assert.equal(received, bytes);
    await this.#assertNextIsServed(expected.reused);
    if (expected.ends) return;
    // Whatever the node added, it has not reached this client either, whose connection lives.
    client.received = '';
    client.send(NEXT);
    assert.deepEqual(readAnswers(await client.untilEnd()), [NEXT_ANSWER]);
  }

  /** Another client gets its own answer and nothing else; `reused`: over the same node connection. */
  async #assertNextIsServed(reused: boolean): Promise<void> {
    const served = this.#served;
    assert.ok(served);
    if (!reused) await served.untilEnded();
    const before = served.received.length;
    assert.deepEqual(readAnswers(await exchangeRaw(this.plane.port, NEXT)), [NEXT_ANSWER]);
    assert.equal(served.received.length > before, reused, 'the connection is used again');
  }

  #answer(connection: NodeSocket): void {
    for (;;) {
      const start = this.#answered.get(connection) ?? 0;
      const headEnd = connection.received.indexOf('\r\n\r\n', start);
      if (headEnd === -1) return;
      const head = connection.received.slice(start, headEnd);
      const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
      this.#answered.set(connection, headEnd + 4 + length);
      if (head.startsWith('GET /next ')) connection.send(ok('next'));
      else this.#answerCase(connection);
    }
  }

  #answerCase(connection: NodeSocket): void {
    if (this.#case === undefined) return;
    this.#served = connection;
    if (this.#case.bytes !== '') connection.send(this.#case.bytes);
    if (this.#case.closes) connection.socket.end();
  }
}

const NEXT_ANSWER = { status: 200, lines: ['Content-Length: 4', 'Connection: close'], body: 'next', trailers: [] };

async function assertRead(received: string, method: string, expected: DeliveredAnswer): Promise<void> {
  const answers = readAnswers(received, [method]);
  const final = answers.pop();
  assert.ok(final);
  assert.deepEqual(
    answers.map(({ status }) => status),
    expected.interim,
  );
  const { status, body } = expected;
  assert.deepEqual({ status: final.status, body: final.body }, { status, body });
  assert.deepEqual(
    final.lines.filter((line) => expected.has.includes(line)),
    expected.has,
  );
  assert.deepEqual(final.trailers, expected.trailers);
  assert.equal(final.lines.includes('Connection: close'), expected.ends);
  for (const name of expected.lacks) {
    assert.ok(!final.lines.some((line) => line.toLowerCase().startsWith(`${name}:`)), name);
  }
  const second = await readWithNodeClient(received, method);
  assert.deepEqual({ status: second.status, body: second.body }, { status, body }, 'for node:http');
}
