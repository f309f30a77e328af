/**
 * The whole corpus on real sockets, over HTTP/1.1: what is forwarded is what a strict and a lenient node read, once and
 * in order; what is refused gets one complete JSON answer and the end of the connection, and no byte of it reaches a
 * node.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { REQUEST_CASES } from '../http/corpus/requests.ts';
import { CorpusPlane } from '../testing/corpus-plane.ts';
import { sendCase } from '../testing/send-case.ts';

describe('the corpus through the whole proxy', () => {
  let corpus: CorpusPlane;
  let trusting: CorpusPlane;

  before(async () => {
    corpus = await CorpusPlane.start();
    trusting = await CorpusPlane.start({ trusted: true });
  });
  after(async () => {
    await corpus.close();
    await trusting.close();
  });

  for (const requestCase of REQUEST_CASES) {
    const { name, source, trusted = false } = requestCase;
    it(`${name} (${source})`, async () => {
      await (trusted ? trusting : corpus).check(requestCase, (port) => sendCase(port, requestCase));
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
