/**
 * The whole corpus on real sockets: what is forwarded is what `node:http` reads, once and in order; what is refused
 * gets one complete JSON answer and the end of the connection, and no byte of it reaches a node.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ForwardedRequest, RequestCase } from '../http/corpus/case.ts';
import { REQUEST_CASES } from '../http/corpus/requests.ts';
import { REFUSALS, type RefusalCode } from '../http/refusals.ts';
import { startPlane, type TestPlane } from '../testing/data-plane.ts';
import { ParsedNode, type ParsedRequest } from '../testing/parsed-node.ts';
import { exchangeRaw, RawClient } from '../testing/raw-client.ts';
import { isWhole, type ReadAnswer, readAnswers } from '../testing/read-answers.ts';

const BARRIER = '/barrier';

describe('the corpus through the whole proxy', () => {
  let node: ParsedNode;
  let plane: TestPlane;

  before(async () => {
    node = await ParsedNode.start();
    plane = await startPlane([{ name: 'n1', port: node.port }]);
  });
  after(async () => {
    await plane.close();
    await node.close();
  });

  for (const { name, source, bytes, expected } of REQUEST_CASES) {
    it(`${name} (${source})`, async () => {
      node.forget();
      const forwarded = expected.filter((outcome) => typeof outcome !== 'string');
      const refusal = expected.find((outcome) => typeof outcome === 'string');
      const answers = await answersTo(plane.port, bytes, expected);
      for (const [index, { status, body }] of answers.slice(0, forwarded.length).entries()) {
        const { method, target } = forwarded[index] ?? assert.fail('more answers than requests');
        assert.deepEqual({ status, body }, { status: 200, body: method === 'HEAD' ? '' : target });
      }
      if (refusal !== undefined) assertRefusal(answers.at(-1), refusal);
      // By the time another request has made its way, any byte of this one would have.
      await passBarrier(plane.port);
      const barrier = node.requests.pop();
      assert.equal(barrier?.target, BARRIER);
      assert.deepEqual(node.errors, []);
      assert.equal(node.requests.length, forwarded.length);
      for (const [index, request] of node.requests.entries()) assertForwarded(request, forwarded[index]);
      if (forwarded.length === 0) assert.ok(node.received.startsWith(`GET ${BARRIER} `), node.received);
    });
  }

  it('leaves no byte in the records that could forge a line of a log (CWE-117)', () => {
    assert.ok(plane.records.length > REQUEST_CASES.length);
    for (const { requestId, method, target, clientAddress } of plane.records) {
      assert.match(`${requestId} ${method} ${target} ${clientAddress}`, /^[\x20-\x7e]*$/);
    }
  });
});

/** Sends the bytes, and takes the answers apart: all until the end after a refusal, else as many as expected. */
async function answersTo(port: number, bytes: string, expected: RequestCase['expected']): Promise<ReadAnswer[]> {
  const client = await RawClient.open(port);
  try {
    client.send(bytes);
    const methods = expected.map((outcome) => (typeof outcome === 'string' ? 'GET' : outcome.method));
    if (typeof expected.at(-1) === 'string') await client.untilEnd();
    else await client.until((received) => isWhole(received, methods));
    const answers = readAnswers(client.received, methods).filter(({ status }) => status >= 200);
    assert.equal(answers.length, expected.length, client.received);
    assert.equal(client.reset, false);
    return answers;
  } finally {
    client.close();
  }
}

async function passBarrier(port: number): Promise<void> {
  const answer = await exchangeRaw(port, `GET ${BARRIER} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  assert.match(answer, /^HTTP\/1\.1 200 /);
}

function assertRefusal(answer: ReadAnswer | undefined, code: RefusalCode): void {
  assert.ok(answer);
  const { error } = JSON.parse(answer.body);
  assert.deepEqual({ status: answer.status, code: error.code }, { status: REFUSALS[code].status, code });
  assert.match(error.requestId, /^[\x21-\x7e]+$/);
  assert.ok(answer.status >= 400 && answer.status < 500, 'the fault of a client is never a 5xx');
  assert.ok(answer.lines.includes('Content-Type: application/json'));
  assert.ok(answer.lines.includes('Connection: close'));
}

function assertForwarded(request: ParsedRequest, expected: ForwardedRequest | undefined): void {
  assert.ok(expected);
  const { method, target, body } = expected;
  assert.deepEqual({ method: request.method, target: request.target, body: request.body }, { method, target, body });
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
