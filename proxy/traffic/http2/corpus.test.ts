/**
 * The corpus over HTTP/2, through the whole proxy: what is refused, or reset, reaches no node; what is forwarded is one
 * request to a strict and to a lenient node; and the next stream and the next connection are served.
 */
import { after, before, describe, it } from 'node:test';
import { REQUEST_CASES } from '../../http/corpus/requests.ts';
import { translated } from '../../http2/corpus/translated.ts';
import { CorpusPlane } from '../../testing/corpus-plane.ts';
import { outcomeOf, sendHttp2Case } from '../../testing/send-http2-case.ts';

const CASES = REQUEST_CASES.flatMap((requestCase) => translated(requestCase) ?? []);

describe('the corpus over HTTP/2', { timeout: 120_000 }, () => {
  let corpus: CorpusPlane;
  let trusting: CorpusPlane;

  before(async () => {
    corpus = await CorpusPlane.start({ http2: true });
    trusting = await CorpusPlane.start({ http2: true, trusted: true });
  });
  after(async () => {
    await corpus.close();
    await trusting.close();
  });

  for (const http2Case of CASES) {
    const { name, source, trusted = false } = http2Case;
    it(`${name} (${source})`, async () => {
      await (trusted ? trusting : corpus).check(
        http2Case,
        (port) => sendHttp2Case(port, http2Case),
        (answers) => outcomeOf(http2Case, answers),
      );
    });
  }
});
