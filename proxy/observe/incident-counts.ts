/** What an incident costs, as the difference of what the workers had counted before it and after. */
import { RETRY_REASONS } from './labels.ts';
import type { NodeStats, StatsSnapshot } from './snapshot.ts';

export interface IncidentCounts {
  readonly requestsFailed: number;
  readonly requestsRetried: number;
  readonly tunnelsClosed: number;
}

export const NO_COUNTS: IncidentCounts = { requestsFailed: 0, requestsRetried: 0, tunnelsClosed: 0 };

/** A node that answers that the session is not its own has not failed. */
const FAILED_RETRIES = RETRY_REASONS.filter((reason) => reason !== 'not-owner');

/** Since the start; of one node, or of all and of what no node took part in. */
export function countsIn({ nodes }: StatsSnapshot, node: string | 'all'): IncidentCounts {
  let sum = NO_COUNTS;
  for (const stats of nodes) if (node === 'all' || stats.name === node) sum = plus(sum, countsOf(stats));
  return sum;
}

/** What has come since; never below zero. */
export function countsSince(before: IncidentCounts, now: IncidentCounts): IncidentCounts {
  return {
    requestsFailed: Math.max(0, now.requestsFailed - before.requestsFailed),
    requestsRetried: Math.max(0, now.requestsRetried - before.requestsRetried),
    tunnelsClosed: Math.max(0, now.tunnelsClosed - before.tunnelsClosed),
  };
}

function countsOf({ failed, retries, tunnelsClosed }: NodeStats): IncidentCounts {
  const requestsRetried = FAILED_RETRIES.reduce((sum, reason) => sum + retries[reason], 0);
  return { requestsFailed: failed, requestsRetried, tunnelsClosed };
}

function plus(a: IncidentCounts, b: IncidentCounts): IncidentCounts {
  return {
    requestsFailed: a.requestsFailed + b.requestsFailed,
    requestsRetried: a.requestsRetried + b.requestsRetried,
    tunnelsClosed: a.tunnelsClosed + b.tunnelsClosed,
  };
}
