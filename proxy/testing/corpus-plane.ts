/**
 * The corpus against a whole data plane: one plane and one node for many cases, and what must hold after each of them
 * however it was sent.
 */
import assert from 'node:assert/strict';
import type { Case, ForwardedRequest, Outcome } from '../http/corpus/case.ts';
import { REFUSALS, type RefusalCode } from '../http/refusals.ts';
import { startPlane, type TestPlane } from './data-plane.ts';
import { NodeParser } from './node-parser.ts';
import { ParsedNode, type ParsedRequest } from './parsed-node.ts';
import { exchangeRaw } from './raw-client.ts';
import { readRequests } from './read-requests.ts';

/** Final answers in the order of their requests. */
export interface CaseAnswer {
  readonly status: number;
  /** Latin1. */
  readonly body: string;
}

/** What the proxy adds may take a head at the limit beyond it. */
const NODE_LIMITS = { head: 32 * 1024, headers: 200, target: 32 * 1024 };

const BARRIER = '/barrier';

export class CorpusPlane {
  readonly plane: TestPlane;
  readonly #node: ParsedNode;
  readonly #lenient = new NodeParser({ lenient: true });

  private constructor(node: ParsedNode, plane: TestPlane) {
    this.#node = node;
    this.plane = plane;
  }

  /** `trusted`: for cases whose peer is a listed proxy; `http2`: its listener takes both. */
  static async start({ trusted = false, http2 = false } = {}): Promise<CorpusPlane> {
    const node = await ParsedNode.start();
    const forwarding = trusted ? { trustedProxies: ['127.0.0.1'] } : {};
    const options = { forwarding, listeners: [{ port: 0, http2 }] };
    return new CorpusPlane(node, await startPlane([{ name: 'n1', port: node.port }], options));
  }

  async close(): Promise<void> {
    await this.plane.close();
    await this.#node.close();
  }

  /**
   * @param send sends the case, and takes the answers apart
   * @param expectedOf where several outcomes are right: the one that is consistent with these answers
   */
  async check(
    requestCase: Case,
    send: (port: number) => Promise<readonly CaseAnswer[]>,
    expectedOf: (answers: readonly CaseAnswer[]) => Case['expected'] = () => requestCase.expected,
  ): Promise<void> {
    const node = this.#node;
    node.forget();
    const answers = await send(this.plane.port);
    const expected = expectedOf(answers);
    assertAnswers(answers, expected);
    await this.#passBarrier();
    assert.deepEqual(node.errors, []);
    const forwarded = expected.filter(isForwarded);
    assert.equal(node.requests.length, forwarded.length);
    for (const [index, outcome] of forwarded.entries()) assertForwarded(node.requests[index], outcome);
    const bytes = [...node.streams.values()];
    const all = bytes.join('');
    assert.equal(all.startsWith(`GET ${BARRIER} `), forwarded.length === 0);
    const [first] = forwarded;
    if (first?.head !== undefined) assert.equal(all.slice(0, first.head.length), first.head);
    const seen = [...forwarded.map(({ method, target, body }) => ({ method, target, body })), AT_BARRIER];
    assert.deepEqual(sorted(bytes.flatMap(readStrictly)), sorted(seen), 'for a strict node');
    assert.deepEqual(sorted(await this.#readLeniently(bytes)), sorted(seen), 'for a lenient node');
  }

  /** By the time a request on another connection has made its way, any byte of the case would have. */
  async #passBarrier(): Promise<void> {
    const answer = await exchangeRaw(
      this.plane.port,
      `GET ${BARRIER} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    );
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n\/barrier$/s);
    assert.equal(this.#node.requests.pop()?.target, BARRIER);
  }

  async #readLeniently(streams: readonly string[]): Promise<SeenRequest[]> {
    const seen: SeenRequest[] = [];
    for (const stream of streams) {
      let rest = stream;
      while (rest !== '') {
        const { requests, error, tunnel } = await this.#lenient.read(rest);
        assert.equal(error, '', rest);
        seen.push(...requests);
        // An upgrade that is not taken up: `node:http` gives all that follows to the tunnel.
        rest = tunnel;
      }
    }
    return seen;
  }
}

interface SeenRequest {
  readonly method: string;
  readonly target: string;
  readonly body: string;
}

const AT_BARRIER: SeenRequest = { method: 'GET', target: BARRIER, body: '' };

function readStrictly(stream: string): SeenRequest[] {
  const { requests, end } = readRequests([Buffer.from(stream, 'latin1')], undefined, NODE_LIMITS);
  assert.equal(end, 'complete', stream);
  return requests.map(({ method, target, body }) => ({ method, target, body }));
}

/** Of several connections nobody knows the order. */
function sorted(requests: readonly SeenRequest[]): string[] {
  return requests.map(({ method, target, body }) => `${method} ${target} ${JSON.stringify(body)}`).sort();
}

function assertAnswers(answers: readonly CaseAnswer[], expected: Case['expected']): void {
  assert.equal(answers.length, expected.length, JSON.stringify(answers));
  for (const [index, outcome] of expected.entries()) {
    const { status = 0, body = '' } = answers[index] ?? {};
    if (typeof outcome === 'string') assertRefusal({ status, body }, outcome);
    else if ('status' in outcome) assert.equal(status, outcome.status);
    else assert.deepEqual({ status, body }, { status: 200, body: outcome.method === 'HEAD' ? '' : outcome.target });
  }
}

function assertRefusal({ status, body }: CaseAnswer, code: RefusalCode): void {
  const { error } = JSON.parse(body);
  assert.deepEqual({ status, code: error.code }, { status: REFUSALS[code].status, code });
  assert.match(error.requestId, /^[\x21-\x7e]+$/);
  assert.ok(status >= 400 && status < 500, 'the fault of a client is never a 5xx');
}

function isForwarded(outcome: Outcome): outcome is ForwardedRequest {
  return typeof outcome !== 'string' && !('status' in outcome);
}

function assertForwarded(request: ParsedRequest | undefined, expected: ForwardedRequest): void {
  assert.ok(request);
  const { method, target, body } = expected;
  assert.deepEqual({ method: request.method, target: request.target, body: request.body }, { method, target, body });
  if (expected.trailers !== undefined) assert.deepEqual(request.trailers, expected.trailers);
  const wanted = expected.has ?? [];
  const names = new Set(wanted.map(nameOf));
  const got = request.lines.filter((line) => names.has(nameOf(line)));
  assert.deepEqual([...got].sort(), [...wanted].sort());
  // Fields of one name keep their order.
  for (const name of names) {
    const ofName = (line: string) => nameOf(line) === name;
    assert.deepEqual(got.filter(ofName), wanted.filter(ofName));
  }
  for (const name of expected.lacks ?? []) assert.ok(!request.lines.some((line) => nameOf(line) === name), name);
}

function nameOf(line: string): string {
  return line.slice(0, line.indexOf(':')).toLowerCase();
}
