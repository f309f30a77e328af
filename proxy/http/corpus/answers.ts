/** All answers of the corpus. */
import { ANSWER_BODIES } from './answer-bodies.ts';
import type { AnswerCase } from './answer-case.ts';
import { ANSWER_FIELDS } from './answer-fields.ts';
import { ANSWER_HEADS } from './answer-heads.ts';
import { ANSWER_ORDER } from './answer-order.ts';
import { FOUND_ANSWERS } from './found.ts';
import { HOSTILE_ANSWERS } from './hostile-answers.ts';
import { ORDINARY_ANSWERS } from './ordinary-answers.ts';

export const ANSWER_CASES: readonly AnswerCase[] = [
  ...ANSWER_BODIES,
  ...ANSWER_FIELDS,
  ...ANSWER_HEADS,
  ...ANSWER_ORDER,
  ...FOUND_ANSWERS,
  ...HOSTILE_ANSWERS,
  ...ORDINARY_ANSWERS,
];
