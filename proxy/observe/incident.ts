/** One failure from its beginning to the recovery: what the failover report is made of. */
import { FAILURE_REASONS, type FailureReason } from '../pool/health.ts';

/**
 * - `ejection`: a node failed its polls, or its users; over when it is back in the pool.
 * - `restart`: a node was replaced by another instance before anybody missed it; over at once.
 * - `all-down`: no node is left; over when one is back.
 * - `worker`: a process that carries traffic died; over when as many as there should be serve again.
 */
export type IncidentKind = 'ejection' | 'restart' | 'all-down' | 'worker';

/**
 * What a node is the cause of: why it was ejected (`errors`: answers with errors only), or that it is another instance.
 */
export const NODE_CAUSES = [...FAILURE_REASONS, 'errors', 'restarted'] as const;
/** What no single node is the cause of. */
export const COMMON_CAUSES = ['all-down', 'worker-death'] as const;
export type IncidentCause = FailureReason | 'errors' | 'restarted' | (typeof COMMON_CAUSES)[number];

/** Times are ms since the epoch. */
export interface Incident {
  readonly id: number;
  readonly kind: IncidentKind;
  /** '' for `all-down` and `worker`. */
  readonly node: string;
  readonly cause: IncidentCause;
  readonly startedAt: number;
  /**
   * From the first evidence (a poll that failed, from its beginning; a connection that was refused; answers that did
   * not come) to the ejection, whole ms. undefined where there was none before.
   */
  readonly detectionMs: number | undefined;
  /** undefined while it lasts. */
  readonly recoveredAt: number | undefined;
  /** undefined while it lasts. */
  readonly durationMs: number | undefined;
  /** Live sessions by the node's last report before; undefined where it sends none. */
  readonly sessions: number | undefined;
  /**
   * Of those, the ones that are gone: all of them when the node came back as another instance, or not within the
   * reconnect grace. Of `all-down`, they are counted at each node's own incident.
   */
  readonly sessionsLost: number;
  /** Requests of the node that ended in an error, refusals for its sake included. */
  readonly requestsFailed: number;
  /** Requests that were sent again after this node had failed them. */
  readonly requestsRetried: number;
  readonly tunnelsClosed: number;
}
