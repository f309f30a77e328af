/**
 * Every metric of the proxy, declared once: its name (all begin with `cobrowse_proxy_`), type, help, labels, and how
 * its values follow from what was observed. Labels come from closed sets and the configured node names only.
 */
import { DECIDED_BY, VERDICTS } from '../affinity/decision.ts';
import { EJECTION_CAUSES, type NodeState, type PoolSnapshot } from '../pool/view.ts';
import type { HistogramSnapshot } from './histogram.ts';
import type { IncidentTotals } from './incidents.ts';
import {
  type Counts,
  LOOK_UP_OUTCOMES,
  NODE_STATES,
  REFUSAL_CODES,
  RELOAD_RESULTS,
  RETRY_REASONS,
  type ReloadResult,
  requestLabels,
} from './labels.ts';
import { PAIR_RESULTS, type PairResult } from './pair-check.ts';
import { TERMINATIONS } from './record.ts';
import type { NodeStats, StatsSnapshot } from './snapshot.ts';

/** Everything that a scrape shows, at one moment. */
export interface Observed {
  readonly version: string;
  /** Summed over the workers, those that are gone included. */
  readonly stats: StatsSnapshot;
  readonly pool: PoolSnapshot;
  /** By node name. */
  readonly polls: ReadonlyMap<string, Readonly<Record<string, number>>>;
  readonly stateChanges: ReadonlyMap<string, Readonly<Counts<NodeState>>>;
  readonly incidents: IncidentTotals;
  readonly pairs: Readonly<Counts<PairResult>>;
  readonly reloads: {
    readonly counts: Readonly<Counts<ReloadResult>>;
    readonly lastSucceeded: boolean;
  };
  readonly workers: {
    /** Accepting connections now. */
    readonly listening: number;
    readonly restarts: number;
    /** Those that are gone included. */
    readonly cpuSeconds: number;
    readonly residentBytes: number;
  };
}

type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

export interface Series {
  readonly labels: Labels;
  readonly histogram: HistogramSnapshot;
}

interface Described {
  /** Without the prefix. */
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}

export interface NumberMetric extends Described {
  readonly type: 'counter' | 'gauge';
  readonly samples: (observed: Observed) => readonly Sample[];
}

export interface HistogramMetric extends Described {
  readonly type: 'histogram';
  readonly series: (observed: Observed) => readonly Series[];
}

export type MetricDeclaration = NumberMetric | HistogramMetric;

export const METRIC_PREFIX = 'cobrowse_proxy_';

const one = (value: number): readonly Sample[] => [{ labels: {}, value }];

const byLabel = (label: string, names: readonly string[], counts: Readonly<Record<string, number>>): Sample[] =>
  names.map((name) => ({ labels: { [label]: name }, value: counts[name] ?? 0 }));

/** Without the entry for what no node took part in. */
const nodesOf = ({ stats }: Observed): readonly NodeStats[] => stats.nodes.filter((node) => node.name !== '');

const perNode = (observed: Observed, value: (node: NodeStats) => number): Sample[] =>
  nodesOf(observed).map((node) => ({ labels: { node: node.name }, value: value(node) }));

function countsPerNode(label: string, counts: ReadonlyMap<string, Readonly<Record<string, number>>>): Sample[] {
  return [...counts].flatMap(([node, values]) =>
    Object.entries(values).map(([name, value]) => ({ labels: { node, [label]: name }, value })),
  );
}

export const METRICS: readonly MetricDeclaration[] = [
  {
    name: 'requests_total',
    type: 'counter',
    help: 'Requests by the node that answered or was tried last (empty: none), class and status sent to the client (other: none sent).',
    labels: ['node', 'class', 'status'],
    samples: ({ stats }) =>
      stats.nodes.flatMap((node) =>
        node.requests.map(([key, value]) => ({ labels: { node: node.name, ...requestLabels(key) }, value })),
      ),
  },
  {
    name: 'request_duration_seconds',
    type: 'histogram',
    help: 'From the first byte of a request to the last of its answer, by node (empty: none); tunnels are left out.',
    labels: ['node'],
    series: ({ stats }) => stats.nodes.map((node) => ({ labels: { node: node.name }, histogram: node.duration })),
  },
  {
    name: 'node_connect_seconds',
    type: 'histogram',
    help: 'Time to open a new connection to the node.',
    labels: ['node'],
    series: (observed) => nodesOf(observed).map((node) => ({ labels: { node: node.name }, histogram: node.connect })),
  },
  {
    name: 'node_first_byte_seconds',
    type: 'histogram',
    help: "Time to the first byte of the node's answer.",
    labels: ['node'],
    series: (observed) => nodesOf(observed).map((node) => ({ labels: { node: node.name }, histogram: node.firstByte })),
  },
  {
    name: 'affinity_decisions_total',
    type: 'counter',
    help: 'Routing decisions by the source that decided and the verdict.',
    labels: ['by', 'verdict'],
    samples: ({ stats }) =>
      DECIDED_BY.flatMap((by) =>
        VERDICTS.map((verdict) => ({ labels: { by, verdict }, value: stats.decisions[by][verdict] })),
      ),
  },
  {
    name: 'affinity_conflicts_total',
    type: 'counter',
    help: 'Requests whose sources of affinity named different nodes.',
    labels: [],
    samples: ({ stats }) => one(stats.conflicts),
  },
  {
    name: 'terminations_total',
    type: 'counter',
    help: 'Requests by the cause that ended them.',
    labels: ['cause'],
    samples: ({ stats }) => byLabel('cause', TERMINATIONS, stats.terminations),
  },
  {
    name: 'refusals_total',
    type: 'counter',
    help: 'Requests that the proxy answered with an error of its own, by code.',
    labels: ['code'],
    samples: ({ stats }) => byLabel('code', REFUSAL_CODES, stats.refusals),
  },
  {
    name: 'node_state',
    type: 'gauge',
    help: '1 for the state that the node is in, 0 for the others.',
    labels: ['node', 'state'],
    samples: ({ pool }) =>
      pool.nodes.flatMap((node) =>
        NODE_STATES.map((state) => ({ labels: { node: node.name, state }, value: node.state === state ? 1 : 0 })),
      ),
  },
  {
    name: 'node_state_changes_total',
    type: 'counter',
    help: 'Changes of the state of the node, by the state that it went to.',
    labels: ['node', 'to'],
    samples: ({ stateChanges }) => countsPerNode('to', stateChanges),
  },
  {
    name: 'node_ejected',
    type: 'gauge',
    help: '1 while traffic has the node ejected though its health path answers, by cause.',
    labels: ['node', 'cause'],
    samples: ({ pool }) =>
      pool.nodes.flatMap((node) =>
        EJECTION_CAUSES.map((cause) => ({ labels: { node: node.name, cause }, value: node.ejected === cause ? 1 : 0 })),
      ),
  },
  {
    name: 'node_sessions',
    type: 'gauge',
    help: 'Live sessions by the last report of the node; absent for a node that sends none.',
    labels: ['node'],
    samples: ({ pool }) =>
      pool.nodes.flatMap(({ name, sessions }) =>
        sessions === undefined ? [] : [{ labels: { node: name }, value: sessions }],
      ),
  },
  {
    name: 'health_polls_total',
    type: 'counter',
    help: 'Health polls of the node by result.',
    labels: ['node', 'result'],
    samples: ({ polls }) => countsPerNode('result', polls),
  },
  {
    name: 'retries_total',
    type: 'counter',
    help: 'Requests sent again, by the node that gave no answer and the reason.',
    labels: ['node', 'reason'],
    samples: (observed) =>
      nodesOf(observed).flatMap((node) =>
        RETRY_REASONS.map((reason) => ({ labels: { node: node.name, reason }, value: node.retries[reason] })),
      ),
  },
  {
    name: 'retries_denied_total',
    type: 'counter',
    help: 'Requests not sent again because the retry budget was used up.',
    labels: [],
    samples: ({ stats }) => one(stats.retriesDenied),
  },
  {
    name: 'incidents_total',
    type: 'counter',
    help: 'Failures by node (empty: no single one) and cause, each counted once, when it begins.',
    labels: ['node', 'cause'],
    samples: ({ incidents }) =>
      [...incidents.incidents].flatMap(([node, causes]) =>
        [...causes].map(([cause, value]) => ({ labels: { node, cause }, value })),
      ),
  },
  {
    name: 'incident_open',
    type: 'gauge',
    help: 'Failures that last, by node (empty: no single one).',
    labels: ['node'],
    samples: ({ incidents }) => [...incidents.open].map(([node, value]) => ({ labels: { node }, value })),
  },
  {
    name: 'sessions_lost_total',
    type: 'counter',
    help: 'Live sessions, by the last report of the node before, that were gone when it restarted or stayed away.',
    labels: ['node'],
    samples: ({ incidents }) => [...incidents.sessionsLost].map(([node, value]) => ({ labels: { node }, value })),
  },
  {
    name: 'pair_check_total',
    type: 'counter',
    help: 'Answers of a session compared with the one before: by the same node, by another while that one is up, not compared.',
    labels: ['result'],
    samples: ({ pairs }) => byLabel('result', PAIR_RESULTS, pairs),
  },
  {
    name: 'lookups_total',
    type: 'counter',
    help: 'Searches for the owner of a session among the nodes, by outcome.',
    labels: ['outcome'],
    samples: ({ stats }) => byLabel('outcome', LOOK_UP_OUTCOMES, stats.lookUps),
  },
  {
    name: 'client_connections',
    type: 'gauge',
    help: 'Open connections from clients.',
    labels: [],
    samples: ({ stats }) => one(stats.clientConnections),
  },
  {
    name: 'client_connections_accepted_total',
    type: 'counter',
    help: 'Connections accepted from clients.',
    labels: [],
    samples: ({ stats }) => one(stats.connectionsAccepted),
  },
  {
    name: 'node_connections',
    type: 'gauge',
    help: 'Open connections to the node, idle ones included.',
    labels: ['node'],
    samples: (observed) => perNode(observed, (node) => node.connections),
  },
  {
    name: 'tunnels',
    type: 'gauge',
    help: 'Open tunnels (upgraded connections) to the node.',
    labels: ['node'],
    samples: (observed) => perNode(observed, (node) => node.tunnels),
  },
  {
    name: 'in_flight_requests',
    type: 'gauge',
    help: 'Requests that have begun and not ended, held long polls and tunnels included.',
    labels: [],
    samples: ({ stats }) => one(stats.inFlight),
  },
  {
    name: 'received_bytes_total',
    type: 'counter',
    help: 'Bytes of ended requests received from clients, heads included.',
    labels: [],
    samples: ({ stats }) => one(stats.bytesIn),
  },
  {
    name: 'sent_bytes_total',
    type: 'counter',
    help: 'Bytes of ended requests sent to clients, heads included.',
    labels: [],
    samples: ({ stats }) => one(stats.bytesOut),
  },
  {
    name: 'access_log_dropped_total',
    type: 'counter',
    help: 'Access log lines dropped because whoever reads the log is too slow or gone.',
    labels: [],
    samples: ({ stats }) => one(stats.accessLogDropped),
  },
  {
    name: 'config_reloads_total',
    type: 'counter',
    help: 'Reloads of the configuration by result.',
    labels: ['result'],
    samples: ({ reloads }) => byLabel('result', RELOAD_RESULTS, reloads.counts),
  },
  {
    name: 'config_last_reload_success',
    type: 'gauge',
    help: '0 when the configuration that is written differs from the one in force because its reload did not succeed.',
    labels: [],
    samples: ({ reloads }) => one(reloads.lastSucceeded ? 1 : 0),
  },
  {
    name: 'workers',
    type: 'gauge',
    help: 'Worker processes that accept connections.',
    labels: [],
    samples: ({ workers }) => one(workers.listening),
  },
  {
    name: 'worker_restarts_total',
    type: 'counter',
    help: 'Workers that died and were replaced.',
    labels: [],
    samples: ({ workers }) => one(workers.restarts),
  },
  {
    name: 'worker_cpu_seconds_total',
    type: 'counter',
    help: 'User and system time of all workers.',
    labels: [],
    samples: ({ workers }) => one(workers.cpuSeconds),
  },
  {
    name: 'worker_resident_memory_bytes',
    type: 'gauge',
    help: 'Resident memory of all workers.',
    labels: [],
    samples: ({ workers }) => one(workers.residentBytes),
  },
  {
    name: 'build_info',
    type: 'gauge',
    help: 'Always 1; the version is in the label.',
    labels: ['version'],
    samples: ({ version }) => [{ labels: { version }, value: 1 }],
  },
];
