/**
 * Whether a request may be sent again, where to, and what its client is told if not. What it may cost: `RetryBudget`.
 */
import type { RefusalCode } from '../http/refusals.ts';
import type { RetryReason } from '../observe/labels.ts';
import type { Termination } from '../observe/record.ts';
import type { StallDetector } from '../pool/stalls.ts';
import type { Attempt, AttemptFailure } from './attempt.ts';

/** RFC 9110 §9.2.2. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
/**
 * How long a request waits for a node that has stopped answering before it goes to another. A node that is dead is
 * ejected before; this is for one that may only be slow, and the longer it is, the fewer slow requests run twice.
 */
const ELSEWHERE_MS = 1000;

/**
 * - `nothing`: a node may have it, and another must not.
 * - `elsewhere`: another node, if any will do.
 * - `fresh`: the same node, on a connection that nobody has used.
 */
type Again = 'nothing' | 'elsewhere' | 'fresh';

interface Consequence {
  readonly again: Again;
  /** The node knows nothing of the request: so whatever it is, it may go, and has cost no node anything. */
  readonly untouched: boolean;
  readonly reason: RetryReason;
  /** Of the refusal, if it is not sent again. */
  readonly code: RefusalCode;
  /** The same for a client that is bound to this node. */
  readonly boundCode: RefusalCode;
  readonly termination: Termination;
}

const UNCONNECTED: Consequence = {
  again: 'elsewhere',
  untouched: true,
  reason: 'connect',
  code: 'no_node_available',
  boundCode: 'node_unreachable',
  termination: 'node-connect',
};

/** To a client that is bound to the node, its breaking off is as good as its not being there. */
const BROKEN: Consequence = {
  again: 'elsewhere',
  untouched: false,
  reason: 'closed',
  code: 'node_failed',
  boundCode: 'node_unreachable',
  termination: 'node-reset',
};

export const AFTER: Readonly<Record<Exclude<AttemptFailure, 'busy'>, Consequence>> = {
  refused: UNCONNECTED,
  unreached: UNCONNECTED,
  tls: { ...UNCONNECTED, reason: 'tls', termination: 'node-tls' },
  // The idle-socket race (RFC 9112 §9.3.1). A fresh connection cannot be stale, so this happens once.
  stale: { ...BROKEN, again: 'fresh', reason: 'stale' },
  closed: BROKEN,
  ejected: { ...BROKEN, reason: 'ejected', termination: 'node-ejected' },
  timeout: {
    ...BROKEN,
    again: 'nothing',
    code: 'node_timeout',
    boundCode: 'node_timeout',
    termination: 'node-timeout',
  },
  invalid: {
    ...BROKEN,
    again: 'nothing',
    code: 'node_answer_invalid',
    boundCode: 'node_answer_invalid',
    termination: 'node-invalid',
  },
};

/** Nothing of it is used up, and twice is as good as once. */
export function isReplayable(method: string, hasBody: boolean): boolean {
  return !hasBody && IDEMPOTENT.has(method);
}

/** It waits for a node that has stopped answering, has waited long enough, and another would do. */
export function waitsInVain({ decision, owedSince }: Attempt, stalls: StallDetector, now: number): boolean {
  if (decision.strict || owedSince === 0 || now - owedSince < ELSEWHERE_MS) return false;
  return stalls.isStalled(decision.node.index);
}
