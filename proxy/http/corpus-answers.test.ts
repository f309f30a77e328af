/** The corpus of answers without sockets: how the bytes are cut into reads never changes what becomes of them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type PassedAnswer, readAnswer } from '../testing/read-answer.ts';
import { readAnswers } from '../testing/read-answers.ts';
import { type AnswerOutcome, type Asks, methodOf } from './corpus/answer-case.ts';
import { ANSWER_CASES } from './corpus/answers.ts';

/** Where longer answers are cut besides both ends. */
const MAX_SPLITS = 100;

/** The framing of chunks follows the reads; what the client makes of it does not. */
function outcome({ end, begun, sent }: PassedAnswer, asks: Asks): unknown {
  const whole = end === 'complete' ? readAnswers(sent, [methodOf(asks)]) : [];
  return { end, begun, whole };
}

function endOf(expected: AnswerOutcome): string[] {
  if (expected === 'node_answer_invalid') return ['invalid'];
  if (expected === 'node_failed') return ['unfinished'];
  return expected === 'cut-off' ? ['invalid', 'unfinished'] : ['complete'];
}

describe('the corpus of answers at every split', () => {
  it('has names of its own for all cases', () => {
    const names = ANSWER_CASES.map(({ name }) => name);
    assert.deepEqual([...new Set(names)], names);
  });

  for (const { name, source, bytes, asks, expected } of ANSWER_CASES) {
    it(`${name} (${source})`, () => {
      const buffer = Buffer.from(bytes, 'latin1');
      const whole = readAnswer([buffer], asks);
      assert.ok(endOf(expected).includes(whole.end), whole.end);
      assert.equal(whole.begun, expected === 'cut-off' || typeof expected !== 'string');
      const step = Math.max(1, Math.floor(buffer.length / MAX_SPLITS));
      for (let split = 1; split < buffer.length; split += step) {
        const halves = readAnswer([buffer.subarray(0, split), buffer.subarray(split)], asks);
        assert.deepEqual(outcome(halves, asks), outcome(whole, asks), `split at ${split}`);
      }
      if (buffer.length > 4 * MAX_SPLITS) return;
      const bytewise = Array.from(buffer, (_, index) => buffer.subarray(index, index + 1));
      assert.deepEqual(outcome(readAnswer(bytewise, asks), asks), outcome(whole, asks), 'byte by byte');
    });
  }
});
