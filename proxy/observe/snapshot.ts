/** What the workers counted, as the primary sees it: plain JSON, summed over workers and over those that are gone. */
import { DECIDED_BY, type DecidedBy, type Verdict } from '../affinity/decision.ts';
import type { IgnoredCookie } from '../affinity/ignored-cookie.ts';
import type { RefusalCode } from '../http/refusals.ts';
import type { Http2Fault } from '../http2/faults.ts';
import type { HandshakeFailure } from '../tls/handshake-failure.ts';
import { type ClassHistogramsSnapshot, mergeClassHistograms } from './class-histograms.ts';
import { type HistogramSnapshot, mergeHistograms } from './histogram.ts';
import {
  type ConnectionRefusal,
  type Counts,
  type LookUpOutcome,
  type RetryReason,
  type SessionKind,
  tabulate,
} from './labels.ts';
import type { Termination } from './record.ts';
import type { SpanFate } from './span-counts.ts';

export interface NodeStats {
  /** '' for what no node took part in. */
  readonly name: string;
  /** Open now. */
  readonly connections: number;
  readonly tunnels: number;
  /** Pairs of key and count; `requestLabels` reads a key. */
  readonly requests: readonly (readonly [key: number, count: number])[];
  readonly duration: ClassHistogramsSnapshot;
  readonly connect: HistogramSnapshot;
  readonly firstByte: ClassHistogramsSnapshot;
  readonly retries: Readonly<Counts<RetryReason>>;
  /** Requests that ended in an error, refusals for the node's sake included. */
  readonly failed: number;
  /** That have ended, since the start. */
  readonly tunnelsClosed: number;
}

export interface StatsSnapshot {
  /** Open now. */
  readonly clientConnections: number;
  readonly inFlight: number;
  /** All that follows counts since the start. */
  readonly connectionsAccepted: number;
  readonly accessLogDropped: number;
  readonly retriesDenied: number;
  readonly conflicts: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly decisions: Readonly<Record<DecidedBy, Readonly<Counts<Verdict>>>>;
  readonly terminations: Readonly<Counts<Termination>>;
  readonly refusals: Readonly<Counts<RefusalCode>>;
  readonly lookUps: Readonly<Counts<LookUpOutcome>>;
  readonly handshakes: Readonly<Counts<SessionKind>>;
  readonly handshakeFailures: Readonly<Counts<HandshakeFailure>>;
  readonly http2Faults: Readonly<Counts<Http2Fault>>;
  readonly cookiesIgnored: Readonly<Counts<IgnoredCookie>>;
  readonly connectionRefusals: Readonly<Counts<ConnectionRefusal>>;
  readonly spans: Readonly<Counts<SpanFate>>;
  /** Each configured node in its order, then the one without a name. */
  readonly nodes: readonly NodeStats[];
}

/** The sum of both; nodes meet by name. */
export function mergeSnapshots(a: StatsSnapshot, b: StatsSnapshot): StatsSnapshot {
  return {
    clientConnections: a.clientConnections + b.clientConnections,
    inFlight: a.inFlight + b.inFlight,
    connectionsAccepted: a.connectionsAccepted + b.connectionsAccepted,
    accessLogDropped: a.accessLogDropped + b.accessLogDropped,
    retriesDenied: a.retriesDenied + b.retriesDenied,
    conflicts: a.conflicts + b.conflicts,
    bytesIn: a.bytesIn + b.bytesIn,
    bytesOut: a.bytesOut + b.bytesOut,
    decisions: tabulate(DECIDED_BY, (by) => mergeCounts(a.decisions[by], b.decisions[by])),
    terminations: mergeCounts(a.terminations, b.terminations),
    refusals: mergeCounts(a.refusals, b.refusals),
    lookUps: mergeCounts(a.lookUps, b.lookUps),
    handshakes: mergeCounts(a.handshakes, b.handshakes),
    handshakeFailures: mergeCounts(a.handshakeFailures, b.handshakeFailures),
    http2Faults: mergeCounts(a.http2Faults, b.http2Faults),
    cookiesIgnored: mergeCounts(a.cookiesIgnored, b.cookiesIgnored),
    connectionRefusals: mergeCounts(a.connectionRefusals, b.connectionRefusals),
    spans: mergeCounts(a.spans, b.spans),
    nodes: mergeNodes(a.nodes, b.nodes),
  };
}

/** What stays of a worker that is gone: its counters, nothing that was open. */
export function retired(snapshot: StatsSnapshot): StatsSnapshot {
  return {
    ...snapshot,
    clientConnections: 0,
    inFlight: 0,
    nodes: snapshot.nodes.map((node) => ({ ...node, connections: 0, tunnels: 0 })),
  };
}

function mergeNodes(a: readonly NodeStats[], b: readonly NodeStats[]): readonly NodeStats[] {
  const merged = new Map(a.map((node) => [node.name, node]));
  for (const node of b) {
    const other = merged.get(node.name);
    merged.set(node.name, other ? mergeNode(other, node) : node);
  }
  return [...merged.values()];
}

function mergeNode(a: NodeStats, b: NodeStats): NodeStats {
  const requests = new Map(a.requests);
  for (const [key, count] of b.requests) requests.set(key, (requests.get(key) ?? 0) + count);
  return {
    name: a.name,
    connections: a.connections + b.connections,
    tunnels: a.tunnels + b.tunnels,
    requests: [...requests],
    duration: mergeClassHistograms(a.duration, b.duration),
    connect: mergeHistograms(a.connect, b.connect),
    firstByte: mergeClassHistograms(a.firstByte, b.firstByte),
    retries: mergeCounts(a.retries, b.retries),
    failed: a.failed + b.failed,
    tunnelsClosed: a.tunnelsClosed + b.tunnelsClosed,
  };
}

/** `b`: without what a worker of an older program does not count. */
function mergeCounts<Label extends string>(
  a: Readonly<Counts<Label>>,
  b: Readonly<Partial<Counts<Label>>> | undefined,
): Counts<Label> {
  const sum: Counts<Label> = { ...a };
  for (const label of Object.keys(a) as Label[]) sum[label] = a[label] + (b?.[label] ?? 0);
  return sum;
}
