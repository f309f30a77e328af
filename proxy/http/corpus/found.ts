/** What the fuzz has found (see `proxy/fuzz/`), kept so that it is tried first and for ever. */
import type { AnswerCase } from './answer-case.ts';
import type { RequestCase } from './case.ts';

export const FOUND: readonly RequestCase[] = [];

export const FOUND_ANSWERS: readonly AnswerCase[] = [];
