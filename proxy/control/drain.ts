/**
 * How far a node is that an operator drains or has taken out: what is left on it, and what comes next. Pure: facts in,
 * an answer out.
 *
 * A drain ends when the last live session ends, which is not when the last connection does: between two polls a
 * customer has none. A node that reports no sessions is empty once no connection to it is left, and idle ones are kept
 * for `timeouts.nodeIdle`: nobody has asked it anything for that long.
 */
import type { NodeSnapshot } from '../pool/view.ts';
import type { HeldNode } from './operator-states.ts';

export interface DrainFacts {
  readonly held: HeldNode;
  readonly node: Pick<NodeSnapshot, 'state' | 'since' | 'sessions' | 'reportedAt'>;
  /** Open connections to it, idle ones included, of all workers. */
  readonly connections: number;
  /** For how long a node may be away before its sessions count as lost, ms. */
  readonly reconnectGrace: number;
  /** ms since the epoch. */
  readonly now: number;
}

export interface DrainProgress {
  /** Live sessions; connections for a node that reports none. */
  readonly remaining: number;
  readonly drained: boolean;
}

export function progressOf({ held, node, connections, reconnectGrace, now }: DrainFacts): DrainProgress {
  const lost = held.state === 'draining' && node.state === 'down' && now - node.since >= reconnectGrace;
  if (lost) return { remaining: 0, drained: true };
  if (node.sessions === undefined) return { remaining: connections, drained: connections === 0 };
  // A report from before the drain may not know of the last session that was sent there.
  return { remaining: node.sessions, drained: node.sessions === 0 && node.reportedAt > held.since };
}

/** The time is up, and something is left. `now`: ms since the epoch. */
export function isOverdue({ state, deadline, drained }: HeldNode & DrainProgress, now: number): boolean {
  return state === 'draining' && !drained && deadline !== undefined && now >= deadline;
}
