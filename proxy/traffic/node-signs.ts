/** What the end of an attempt says of the node: the signs that ejection for errors goes by. */
import type { Forward } from '../affinity/decision.ts';
import type { AnswerHead } from '../http/answer-head.ts';
import type { Signs } from '../pool/signs.ts';
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

/**
 * Whether a 5xx answer speaks against the node. 501 and 505 are about the request, and a 503 that says when to come
 * back, or that no session can be created, is of a node that knows how much it can take (RFC 9110 §15.6.4).
 */
export function speaksAgainst(status: number, creates: boolean, retryAfter: boolean): boolean {
  return status !== 501 && status !== 505 && (status !== 503 || !(creates || retryAfter));
}
