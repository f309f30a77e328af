/** What the end of an attempt says of the node: the signs that ejection for errors goes by. */
import type { Forward } from '../affinity/decision.ts';
import type { AnswerHead } from '../http/answer-head.ts';
import { type Signs, speaksAgainst } from '../pool/signs.ts';
import type { AttemptFailure } from './attempt.ts';

/** A connection that cannot be made is for the polls to judge, and a stale one is nobody's fault. */
const BROKEN: Readonly<Partial<Record<AttemptFailure, true>>> = { closed: true, timeout: true, invalid: true };

export function noteFailure(signs: Signs, { node }: Forward, failure: AttemptFailure): void {
  if (BROKEN[failure] === true) signs.failed(node.index);
}

/** The answer is whole. */
export function noteAnswer(
  signs: Signs,
  { class: requestClass, node }: Forward,
  status: number,
  head: AnswerHead,
): void {
  if (status < 500) signs.succeeded(node.index);
  // What its `/health` says, it says to the polls.
  else if (requestClass === 'health') return;
  else if (speaksAgainst(status, requestClass === 'create', status === 503 && hasRetryAfter(head))) {
    signs.failed(node.index);
  }
}

/** Built anew only for a 503, which is rare. */
function hasRetryAfter(head: AnswerHead): boolean {
  return head.forwarded.toLowerCase().includes('\nretry-after:');
}
