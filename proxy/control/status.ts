/** The proxy at a glance, as `/status` shows it. Times are ISO 8601, durations in seconds, sizes in bytes. */

import type { Address } from '../anchor/messages.ts';
import { isoTime } from '../observe/iso-time.ts';
import type { Observed } from '../observe/metrics.ts';
import type { NodeStats } from '../observe/snapshot.ts';
import type { EjectionCause, NodeSnapshot, NodeState } from '../pool/view.ts';
import type { DrainProgress } from './drain.ts';
import type { HeldNode } from './operator-states.ts';
import type { Readiness } from './readiness.ts';

export interface WorkerStatus {
  readonly pid: number;
  /** null until it accepts connections. */
  readonly listeningSince: string | null;
  /** It accepts nothing more and finishes what it has. */
  readonly retiring: boolean;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

/** What an operator has said of a node, and how far it is. */
export type OperatorStatus =
  | { readonly state: 'ready' }
  | {
      readonly state: 'draining' | 'maintenance';
      readonly since: string;
      /** When the drain ends, whatever is left; null: when nothing is. */
      readonly deadline: string | null;
      /** Live sessions; connections for a node that reports none. */
      readonly remaining: number;
      readonly drained: boolean;
    };

export interface NodeStatus {
  readonly name: string;
  readonly state: NodeState;
  /** What traffic has against it; null for nothing. */
  readonly ejected: EjectionCause | null;
  readonly operator: OperatorStatus;
  readonly since: string;
  readonly url: string;
  /** Why TLS with it failed at the last poll; null when it did not. */
  readonly tlsFailure: string | null;
  readonly serverUrl: string | null;
  /** Where it was found; null: the configuration has it. */
  readonly source: string | null;
  /** Since when it is found no more; null while it is. */
  readonly withdrawn: string | null;
  readonly weight: number;
  /** null where the node does not say. */
  readonly instanceId: string | null;
  readonly sessions: number | null;
  readonly capacity: number | null;
  readonly reportedAt: string | null;
  readonly connections: number;
  readonly tunnels: number;
  readonly requests: number;
}

/** Where nodes are looked up. */
export interface SourceStatus {
  readonly source: string;
  /** That it knows. */
  readonly nodes: number;
  /** null for never. */
  readonly succeededAt: string | null;
  /** Why the last look-up failed; null when it did not. */
  readonly failing: string | null;
}

export interface Status {
  readonly version: string;
  /** Of the primary. */
  readonly pid: number;
  readonly startedAt: string;
  readonly uptimeSeconds: number;
  readonly readiness: Readiness;
  readonly listeners: readonly Address[];
  readonly workers: readonly WorkerStatus[];
  readonly workerRestarts: number;
  readonly traffic: {
    readonly clientConnections: number;
    readonly inFlight: number;
    readonly tunnels: number;
    readonly connectionsAccepted: number;
    readonly requests: number;
    readonly bytesIn: number;
    readonly bytesOut: number;
  };
  readonly nodes: readonly NodeStatus[];
  readonly sources: readonly SourceStatus[];
}

export interface StatusFacts {
  readonly observed: Observed;
  readonly pid: number;
  /** ms since the epoch, as is `now`. */
  readonly startedAt: number;
  readonly now: number;
  readonly readiness: Readiness;
  readonly listeners: readonly Address[];
  readonly workers: readonly WorkerStatus[];
  /** undefined for a node that is ready. */
  readonly held: (node: NodeSnapshot, stats: NodeStats | undefined) => (HeldNode & DrainProgress) | undefined;
}

export function statusOf({ observed, pid, startedAt, now, readiness, listeners, workers, held }: StatusFacts): Status {
  const { stats, pool } = observed;
  const statsByName = new Map(stats.nodes.map((node) => [node.name, node]));
  return {
    version: observed.version,
    pid,
    startedAt: isoTime(startedAt),
    uptimeSeconds: Math.round((now - startedAt) / 1000),
    readiness,
    listeners,
    workers,
    workerRestarts: observed.workers.restarts,
    traffic: {
      clientConnections: stats.clientConnections,
      inFlight: stats.inFlight,
      tunnels: sum(stats.nodes.map((node) => node.tunnels)),
      connectionsAccepted: stats.connectionsAccepted,
      requests: sum(stats.nodes.map(requestsOf)),
      bytesIn: stats.bytesIn,
      bytesOut: stats.bytesOut,
    },
    nodes: pool.nodes.map((node) => {
      const nodeStats = statsByName.get(node.name);
      return nodeStatus(node, nodeStats, held(node, nodeStats));
    }),
    sources: observed.sources.map(({ source, nodes, succeededAt, failing = null }) => ({
      source,
      nodes,
      succeededAt: succeededAt === undefined ? null : isoTime(succeededAt),
      failing,
    })),
  };
}

function nodeStatus(
  node: NodeSnapshot,
  stats: NodeStats | undefined,
  held: (HeldNode & DrainProgress) | undefined,
): NodeStatus {
  return {
    name: node.name,
    state: node.state,
    ejected: node.ejected ?? null,
    operator: operatorStatus(held),
    since: isoTime(node.since),
    url: `${node.scheme}://${node.authority}${node.base}`,
    tlsFailure: node.tlsFailure ?? null,
    serverUrl: node.serverUrl?.url ?? null,
    source: node.source ?? null,
    withdrawn: node.withdrawn === undefined ? null : isoTime(node.withdrawn),
    weight: node.weight,
    instanceId: node.instanceId ?? null,
    sessions: node.sessions ?? null,
    capacity: node.capacity ?? null,
    reportedAt: node.reportedAt === 0 ? null : isoTime(node.reportedAt),
    connections: stats?.connections ?? 0,
    tunnels: stats?.tunnels ?? 0,
    requests: stats ? requestsOf(stats) : 0,
  };
}

function operatorStatus(held: (HeldNode & DrainProgress) | undefined): OperatorStatus {
  if (held === undefined) return { state: 'ready' };
  const { state, since, deadline, remaining, drained } = held;
  return {
    state,
    since: isoTime(since),
    deadline: deadline === undefined ? null : isoTime(deadline),
    remaining,
    drained,
  };
}

function requestsOf({ requests }: NodeStats): number {
  return sum(requests.map(([, count]) => count));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
