/**
 * The corpus of answers on real sockets: what is whole is delivered, what is ambiguous becomes a 502 or a broken
 * connection, and whatever a node sends, the next client gets its own answer and nothing else.
 */
import { after, before, describe, it } from 'node:test';
import { ANSWER_CASES } from '../http/corpus/answers.ts';
import { AnswerPlane } from '../testing/answer-plane.ts';

describe('the corpus of answers through the whole proxy', () => {
  let corpus: AnswerPlane;

  before(async () => {
    corpus = await AnswerPlane.start();
  });
  after(() => corpus.close());

  for (const answerCase of ANSWER_CASES) {
    const { name, source } = answerCase;
    it(`${name} (${source})`, () => corpus.check(answerCase));
  }
});
