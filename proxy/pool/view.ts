/**
 * The pool as routing sees it: one immutable snapshot, published by the primary on every change and swapped in with
 * one assignment. `PoolSnapshot` is its form on the wire between primary and workers (plain JSON).
 */
import type { NodeConfig } from '../../config/proxy-schema.ts';

/**
 * - `unknown`: not polled yet; takes nothing.
 * - `up`: takes everything.
 * - `draining`: keeps its sessions, gets no new ones: it says so, an operator does, it has answered with errors only,
 *   or where it was found it is found no more.
 * - `down`: ejected, or in maintenance.
 */
export type NodeState = 'unknown' | 'up' | 'draining' | 'down';

/**
 * What an operator wants of a node.
 *
 * - `ready`: whatever its health allows.
 * - `draining`: nothing new, though it may keep its sessions.
 * - `maintenance`: nothing at all, whatever its health.
 */
export const OPERATOR_STATES = ['ready', 'draining', 'maintenance'] as const;
export type OperatorState = (typeof OPERATOR_STATES)[number];

/**
 * Why traffic has a node ejected whose `/health` answers.
 *
 * - `errors`: it answered with errors only; it keeps what is bound to it.
 * - `hung`: it answers nothing but `/health`; it is as good as dead.
 */
export const EJECTION_CAUSES = ['errors', 'hung'] as const;
export type EjectionCause = (typeof EJECTION_CAUSES)[number];

/**
 * What is heard of a node that is down because it gave no answer in time, and may only be pausing.
 *
 * - `lasting`: nothing since.
 * - `over`: it has answered its last poll, and is not back yet.
 */
export type NodeSilence = 'lasting' | 'over';

export interface NodeSnapshot {
  /** Its slot: the key of per-node counters and load, the same for a name as long as the primary lives. */
  readonly index: number;
  readonly name: string;
  /** `https`: with TLS. */
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  /** As a Host header names the node, e.g. `10.0.0.1:8700`. */
  readonly authority: string;
  /** Where the web application lives on the node: `''` or `/cobrowse`. */
  readonly base: string;
  readonly serverUrl: NodeConfig['serverUrl'];
  readonly weight: number;
  /** Connections that all workers together may open to it; undefined: as many as it takes. */
  readonly maxConnections?: number | undefined;
  /** Where it was found; undefined: the configuration has it. */
  readonly source?: string | undefined;
  /** Since when it is found no more, ms since the epoch; undefined while it is. */
  readonly withdrawn?: number | undefined;
  /** What its health and the operator make of it together. */
  readonly state: NodeState;
  readonly operator: OperatorState;
  /** undefined for a node that traffic has nothing against. */
  readonly ejected?: EjectionCause | undefined;
  /** undefined for a node that is not down, or for another reason. */
  readonly silence?: NodeSilence | undefined;
  /** Why TLS with it failed at the last poll, see `nodeTlsFailure`; undefined when it did not. */
  readonly tlsFailure?: string | undefined;
  /** Since when it has that state, ms since the epoch. */
  readonly since: number;
  /** New at each start of the node's process; undefined when its `/health` does not say. */
  readonly instanceId: string | undefined;
  /** When a poll of this proxy first saw that instance, ms since the epoch; 0 while none is known. */
  readonly instanceSince: number;
  /** Live sessions by the node's last report; undefined when it sends none. */
  readonly sessions: number | undefined;
  /** Live sessions it can carry; undefined when it does not say. */
  readonly capacity: number | undefined;
  /** When `sessions` was reported, ms since the epoch; 0 when never. */
  readonly reportedAt: number;
}

export interface PoolSnapshot {
  readonly version: number;
  readonly nodes: readonly NodeSnapshot[];
}

export class PoolView {
  readonly version: number;
  readonly nodes: readonly NodeSnapshot[];
  readonly byName: ReadonlyMap<string, NodeSnapshot>;

  constructor(snapshot: PoolSnapshot) {
    this.version = snapshot.version;
    this.nodes = snapshot.nodes;
    this.byName = new Map(snapshot.nodes.map((node) => [node.name, node]));
  }
}

/** May take a request that nothing binds to it. The one definition that every policy asks. */
export function takesNewSessions(node: NodeSnapshot): boolean {
  return (
    node.state === 'up' && (node.capacity === undefined || node.sessions === undefined || node.sessions < node.capacity)
  );
}

/** May take a request that is bound to it. */
export function takesBoundRequests(node: NodeSnapshot): boolean {
  return node.state === 'up' || node.state === 'draining';
}
