/**
 * The whole corpus on real sockets, over HTTP/1.1: what is forwarded is what a strict and a lenient node read, once and
 * in order; what is refused gets one complete JSON answer and the end of the connection, and no byte of it reaches a
 * node.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { RequestCase } from '../http/corpus/case.ts';
import { REQUEST_CASES } from '../http/corpus/requests.ts';
import { CorpusPlane } from '../testing/corpus-plane.ts';
import { RawClient } from '../testing/raw-client.ts';
import { isWhole, type ReadAnswer, readAnswers } from '../testing/read-answers.ts';

/** Answered by the proxy, and only if all that the client sent before was used up to its last byte. */
const AFTERWARDS = 'GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

describe('the corpus through the whole proxy', () => {
  let corpus: CorpusPlane;

  before(async () => {
    corpus = await CorpusPlane.start();
  });
  after(() => corpus.close());

  for (const requestCase of REQUEST_CASES) {
    const { name, source } = requestCase;
    it(`${name} (${source})`, async () => {
      await corpus.check(requestCase, (port) => answersTo(port, requestCase));
    });
  }

  it('leaves no byte in the records that could forge a line of a log (CWE-117)', () => {
    const { records } = corpus.plane;
    assert.ok(records.length > REQUEST_CASES.length);
    for (const { requestId, method, target, clientAddress } of records) {
      assert.match(`${requestId} ${method} ${target} ${clientAddress}`, /^[\x20-\x7e]*$/);
    }
  });
});

async function answersTo(port: number, { bytes, expected, closes = false }: RequestCase): Promise<ReadAnswer[]> {
  const client = await RawClient.open(port);
  try {
    client.send(bytes);
    const refused = typeof expected.at(-1) === 'string';
    const methods = expected.map((outcome) => (typeof outcome === 'string' ? 'GET' : outcome.method));
    if (closes || refused) await client.untilEnd();
    else await client.until((received) => isWhole(received, methods));
    assert.equal(client.reset, false);
    const answers = readAnswers(client.received, methods).filter(({ status }) => status >= 200);
    if (closes || refused) assert.ok(answers.at(-1)?.lines.includes('Connection: close'));
    else await assertInStep(client);
    return answers;
  } finally {
    client.close();
  }
}

async function assertInStep(client: RawClient): Promise<void> {
  client.received = '';
  client.send(AFTERWARDS);
  const answers = readAnswers(await client.untilEnd());
  assert.deepEqual(
    answers.map(({ status, body }) => [status, body]),
    [[200, '']],
  );
}
