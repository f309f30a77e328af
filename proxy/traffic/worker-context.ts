/** What the connections of one worker share. */
import type { Socket } from 'node:net';
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import type { SessionDirectory } from '../affinity/directory.ts';
import type { OwnerLookUp } from '../affinity/lookup.ts';
import type { Router } from '../affinity/router.ts';
import type { AnswerHead } from '../http/answer-head.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { RequestIds } from '../http/request-id.ts';
import type { ConnectionRefusal } from '../observe/labels.ts';
import type { ExchangeRecord, Termination } from '../observe/record.ts';
import type { WorkerStats } from '../observe/stats.ts';
import type { LoadTable } from '../pool/load.ts';
import type { Signs } from '../pool/signs.ts';
import type { StallDetector } from '../pool/stalls.ts';
import type { PoolView } from '../pool/view.ts';
import type { NodeTls } from '../tls/node-tls.ts';
import type { Tracing } from '../tracing/trace.ts';
import type { CookieRepair } from './cookie-repair.ts';
import type { Deadlines } from './deadlines.ts';
import type { Peers } from './peers.ts';
import type { RequestRates } from './request-rates.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { WriteBatch } from './write-batch.ts';

export interface OpenTunnel {
  readonly nodeName: string;
  end(termination: Termination): void;
}

export interface WorkerContext {
  readonly config: ProxyConfig;
  readonly stats: WorkerStats;
  readonly deadlines: Deadlines;
  readonly writes: WriteBatch;
  readonly load: LoadTable;
  readonly directory: SessionDirectory;
  readonly owners: OwnerLookUp;
  readonly router: Router;
  readonly peers: Peers;
  /** undefined where the stickiness cookie passes as it is. */
  readonly cookieRepair: CookieRepair | undefined;
  readonly requestIds: RequestIds;
  /** undefined when clients may send as many requests as they like. */
  readonly requestRates: RequestRates | undefined;
  /** undefined while nothing is traced: then `traceparent` is a field like any other. */
  readonly tracing: Tracing | undefined;
  /** Where all node connections read into. */
  readonly readBuffer: Buffer;
  /** What connections have in place of a head that they need no more; never read. */
  readonly spentHeads: { readonly request: RequestHead; readonly answer: AnswerHead };
  /** The pool as of now; read it again after every wait. */
  readonly view: PoolView;
  /** Shutting down: no connection is kept alive. */
  readonly closing: boolean;
  /** A shutdown is near. */
  readonly leaving: boolean;
  /** Open tunnels. */
  readonly tunnels: Set<OpenTunnel>;
  readonly retryBudget: RetryBudget;
  readonly stalls: StallDetector;
  /** What answers say of their nodes. */
  readonly signs: Signs;
  /** Worker processes that share the nodes' connections. */
  readonly workers: number;
  /** A node refused or broke a connection: worth an immediate poll. */
  readonly onNodeFailed: (node: string) => void;
  /** Resets a client's connection that may not go on, and counts it. */
  refuseConnection(tcp: Socket, why: ConnectionRefusal): void;
  /** undefined for a node that a reload has taken away. */
  tlsTo(node: string): NodeTls | undefined;
  /** What a session is called where its token must not be; '' where nobody knows it by such a name. */
  aliasOf(token: string): string;
  /** A tunnel has opened: its exchange goes on until that ends. */
  tunnelOpened(record: ExchangeRecord): void;
  /** Counts and logs an exchange that has ended. `nodeIndex` is -1 when it met no node. */
  record(record: ExchangeRecord, nodeIndex: number): void;
}
