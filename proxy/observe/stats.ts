/**
 * What one worker counts. Plain numbers and objects of one fixed shape, because `exchangeEnded` runs once per request;
 * names and labels come in only when the primary collects a snapshot.
 */
import { DECIDED_BY, VERDICTS } from '../affinity/decision.ts';
import { IGNORED_COOKIES } from '../affinity/ignored-cookie.ts';
import { HTTP2_FAULTS } from '../http2/faults.ts';
import { HANDSHAKE_FAILURES } from '../tls/handshake-failure.ts';
import { ClassHistograms } from './class-histograms.ts';
import { BUCKETS, Histogram } from './histogram.ts';
import {
  CONNECTION_REFUSALS,
  isRefusalCode,
  LOOK_UP_OUTCOMES,
  type LookUpOutcome,
  REFUSAL_CODES,
  RETRY_REASONS,
  type RetryReason,
  requestKey,
  SESSION_KINDS,
  tabulate,
  zeroes,
} from './labels.ts';
import { hasFailed } from './node-failures.ts';
import { type ExchangeRecord, TERMINATIONS } from './record.ts';
import type { NodeStats, StatsSnapshot } from './snapshot.ts';
import { SpanCounts } from './span-counts.ts';

/** In a piece of a snapshot: some 40 nodes with a few classes and statuses each. */
const COUNTERS_IN_PIECE = 3_000;
/** But for its requests and what is timed by class. */
const COUNTERS_OF_NODE = 28;
const COUNTERS_OF_HISTOGRAM = BUCKETS.length + 2;

class NodeCounters {
  readonly requests = new Map<number, number>();
  readonly duration = new ClassHistograms();
  readonly connect = new Histogram();
  readonly firstByte = new ClassHistograms();
  readonly retries = zeroes(RETRY_REASONS);
  failed = 0;
  tunnelsClosed = 0;
}

export class WorkerStats {
  /** Open now; the data plane counts them up and down. */
  clientConnections = 0;
  inFlight = 0;
  /** Open now, by node index. */
  readonly nodeConnections: number[] = [];
  readonly tunnels: number[] = [];
  /** Since the start. */
  connectionsAccepted = 0;
  accessLogDropped = 0;
  /** Over the retry budget. */
  retriesDenied = 0;
  readonly handshakeFailures = zeroes(HANDSHAKE_FAILURES);
  readonly http2Faults = zeroes(HTTP2_FAULTS);
  readonly cookiesIgnored = zeroes(IGNORED_COOKIES);
  readonly connectionRefusals = zeroes(CONNECTION_REFUSALS);
  readonly spans = new SpanCounts();

  readonly #names: string[] = [];
  readonly #nodes: NodeCounters[] = [];
  readonly #none = new NodeCounters();
  readonly #decisions = tabulate(DECIDED_BY, () => zeroes(VERDICTS));
  readonly #terminations = zeroes(TERMINATIONS);
  readonly #refusals = zeroes(REFUSAL_CODES);
  readonly #lookUps = zeroes(LOOK_UP_OUTCOMES);
  readonly #handshakes = zeroes(SESSION_KINDS);
  #conflicts = 0;
  #bytesIn = 0;
  #bytesOut = 0;

  /** `names`: the nodes by their slots, so that a node's index finds its counters. */
  constructor(names: readonly string[]) {
    names.forEach((name, index) => {
      this.addNode(index, name);
    });
  }

  /** A node that came with a reload. A slot keeps its name. */
  addNode(index: number, name: string): void {
    while (this.#nodes.length <= index) {
      this.#names.push('');
      this.#nodes.push(new NodeCounters());
      this.nodeConnections.push(0);
      this.tunnels.push(0);
    }
    this.#names[index] = name;
  }

  /** Once for each request. `nodeIndex` is the node that answered or was tried last, -1 for none. */
  exchangeEnded(record: ExchangeRecord, nodeIndex: number): void {
    const node = this.#nodes[nodeIndex] ?? this.#none;
    const key = requestKey(record.class, record.status);
    node.requests.set(key, (node.requests.get(key) ?? 0) + 1);
    // A tunnel lasts as long as its users talk: that would drown what requests take.
    if (record.tunnel) node.tunnelsClosed++;
    else node.duration.observe(record.class, record.durationMs / 1000, record.trace);
    if (record.connectMs >= 0) node.connect.observe(record.connectMs / 1000, undefined);
    if (record.firstByteMs >= 0) node.firstByte.observe(record.class, record.firstByteMs / 1000, record.trace);
    if (record.by !== '' && record.verdict !== '') this.#decisions[record.by][record.verdict]++;
    if (record.conflict) this.#conflicts++;
    this.#terminations[record.termination]++;
    if (isRefusalCode(record.error)) this.#refusals[record.error]++;
    this.#bytesIn += record.bytesIn;
    this.#bytesOut += record.bytesOut;
    // A request that was refused for its node's sake has not met it, and yet is that node's failure.
    if (hasFailed(record)) (this.#nodes[this.#names.indexOf(record.node)] ?? this.#none).failed++;
  }

  /** A request goes out again; `nodeIndex` is the node that it did not get an answer from. */
  retried(nodeIndex: number, reason: RetryReason): void {
    (this.#nodes[nodeIndex] ?? this.#none).retries[reason]++;
  }

  lookUp(outcome: LookUpOutcome): void {
    this.#lookUps[outcome]++;
  }

  handshakeDone(resumed: boolean): void {
    this.#handshakes[resumed ? 'resumed' : 'new']++;
  }

  /** A copy in plain JSON, to send to the primary. */
  snapshot(): StatsSnapshot {
    return { ...this.#common(), nodes: [...this.#nodeSnapshots()] };
  }

  /**
   * The same in pieces, each of which takes a millisecond or so; the last has all but what the others have of the
   * nodes. Each is of the moment when it is asked for.
   */
  *pieces(): Generator<{ readonly nodes: readonly NodeStats[]; readonly common?: Omit<StatsSnapshot, 'nodes'> }> {
    let nodes: NodeStats[] = [];
    let counters = 0;
    for (const node of this.#nodeSnapshots()) {
      nodes.push(node);
      const histograms = Object.keys(node.duration).length + Object.keys(node.firstByte).length;
      counters += COUNTERS_OF_NODE + node.requests.length + histograms * COUNTERS_OF_HISTOGRAM;
      if (counters < COUNTERS_IN_PIECE) continue;
      yield { nodes };
      nodes = [];
      counters = 0;
    }
    yield { nodes, common: this.#common() };
  }

  #common(): Omit<StatsSnapshot, 'nodes'> {
    return {
      clientConnections: this.clientConnections,
      inFlight: this.inFlight,
      connectionsAccepted: this.connectionsAccepted,
      accessLogDropped: this.accessLogDropped,
      retriesDenied: this.retriesDenied,
      conflicts: this.#conflicts,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      decisions: tabulate(DECIDED_BY, (by) => ({ ...this.#decisions[by] })),
      terminations: { ...this.#terminations },
      refusals: { ...this.#refusals },
      lookUps: { ...this.#lookUps },
      handshakes: { ...this.#handshakes },
      handshakeFailures: { ...this.handshakeFailures },
      http2Faults: { ...this.http2Faults },
      cookiesIgnored: { ...this.cookiesIgnored },
      connectionRefusals: { ...this.connectionRefusals },
      spans: { ...this.spans },
    };
  }

  *#nodeSnapshots(): Generator<NodeStats> {
    for (const [index, node] of this.#nodes.entries()) {
      yield this.#nodeSnapshot(this.#names[index] ?? '', index, node);
    }
    yield this.#nodeSnapshot('', -1, this.#none);
  }

  #nodeSnapshot(name: string, index: number, node: NodeCounters): NodeStats {
    return {
      name,
      connections: this.nodeConnections[index] ?? 0,
      tunnels: this.tunnels[index] ?? 0,
      requests: [...node.requests],
      duration: node.duration.snapshot(),
      connect: node.connect.snapshot(),
      firstByte: node.firstByte.snapshot(),
      retries: { ...node.retries },
      failed: node.failed,
      tunnelsClosed: node.tunnelsClosed,
    };
  }
}
