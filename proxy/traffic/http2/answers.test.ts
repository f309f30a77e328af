/**
 * The corpus of answers to clients of HTTP/2: what is whole is delivered without what was the connection's, what is not
 * is a 502 or a reset and never a clean end, and the next stream and the next connection get their own answers.
 */
import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { after, before, describe, it } from 'node:test';
import { ANSWER_CASES } from '../../http/corpus/answers.ts';
import { AnswerPlane } from '../../testing/answer-plane.ts';

describe('the corpus of answers over HTTP/2', () => {
  let corpus: AnswerPlane;
  let session: ClientHttp2Session;

  before(async () => {
    corpus = await AnswerPlane.start({ http2: true });
    session = connect(`http://127.0.0.1:${corpus.plane.port}`);
    // That a WebSocket may be asked for.
    await once(session, 'remoteSettings');
  });
  after(async () => {
    session.destroy();
    await corpus.close();
  });

  for (const answerCase of ANSWER_CASES) {
    const { name, source, asks } = answerCase;
    // HTTP/1.0 is another version.
    if (asks.endsWith('-1.0')) continue;
    it(`${name} (${source})`, () => corpus.checkHttp2(answerCase, session));
  }
});
