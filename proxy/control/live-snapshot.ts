/**
 * What the dashboard needs beyond `/status`: of each node errors, latency and the last polls. Counts are since the
 * start.
 */
import { ordinaryCounts } from '../observe/class-histograms.ts';
import { BUCKETS, type HistogramSnapshot } from '../observe/histogram.ts';
import type { Observed } from '../observe/metrics.ts';
import type { LoggedPoll } from './poll-log.ts';
import type { NodeStatus, Status } from './status.ts';

export interface LiveNode extends NodeStatus {
  readonly failed: number;
  /**
   * Time to the first byte of an answer, but for the live channel's: observations in each of `LATENCY_BOUNDS`, and one
   * for those above.
   */
  readonly firstByte: HistogramSnapshot['counts'];
  /**
   * Since the snapshot before, which may have the first of them as well: all of them each second would be most of it.
   */
  readonly polls: readonly LoggedPoll[];
}

export interface LiveSnapshot extends Omit<Status, 'nodes'> {
  /** ms since the epoch. */
  readonly at: number;
  /** Of all nodes, and of what met none. */
  readonly failed: number;
  readonly nodes: readonly LiveNode[];
}

/** Seconds. */
export const LATENCY_BOUNDS: readonly number[] = BUCKETS;

export function liveSnapshot(
  status: Status,
  { stats }: Pick<Observed, 'stats'>,
  pollsOf: (node: string) => readonly LoggedPoll[],
  at: number,
): LiveSnapshot {
  const byName = new Map(stats.nodes.map((node) => [node.name, node]));
  return {
    ...status,
    at,
    failed: stats.nodes.reduce((sum, { failed }) => sum + failed, 0),
    nodes: status.nodes.map((node) => {
      const counted = byName.get(node.name);
      return {
        ...node,
        failed: counted?.failed ?? 0,
        firstByte: ordinaryCounts(counted?.firstByte ?? {}),
        polls: pollsOf(node.name),
      };
    }),
  };
}
