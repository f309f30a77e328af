/**
 * One worker's traffic: clients, node connections, and what they share. Reads the current pool through `view`, which
 * `publish` swaps in one assignment.
 */
import type { Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import type { RoutingRequest } from '../affinity/decision.ts';
import { SessionDirectory } from '../affinity/directory.ts';
import { OwnerLookUp } from '../affinity/lookup.ts';
import { Router } from '../affinity/router.ts';
import { AnswerHead } from '../http/answer-head.ts';
import { RequestHead } from '../http/request-head.ts';
import { RequestIds } from '../http/request-id.ts';
import type { AccessLog } from '../observe/access-log.ts';
import type { ConnectionRefusal } from '../observe/labels.ts';
import type { ExchangeRecord } from '../observe/record.ts';
import type { WorkerStats } from '../observe/stats.ts';
import { makeBalancer } from '../pool/balance.ts';
import { LoadTable } from '../pool/load.ts';
import { Reprieves } from '../pool/reprieves.ts';
import { type NodeSigns, Signs } from '../pool/signs.ts';
import { StallDetector } from '../pool/stalls.ts';
import { type NodeSnapshot, type PoolSnapshot, PoolView, takesBoundRequests } from '../pool/view.ts';
import type { HandshakeFailure } from '../tls/handshake-failure.ts';
import type { WorkerTls } from '../tls/listener-tls.ts';
import type { NodeTls } from '../tls/node-tls.ts';
import { NodesTls } from '../tls/nodes-tls.ts';
import type { Tracing } from '../tracing/trace.ts';
import type { ClientConnection } from './client-connection.ts';
import { Clients } from './clients.ts';
import { CookieRepair } from './cookie-repair.ts';
import { Deadlines } from './deadlines.ts';
import { Exchange } from './exchange.ts';
import { type Explanation, explain } from './explanation.ts';
import type { Address } from './listener.ts';
import { NodeConnections } from './node-connections.ts';
import { Peers } from './peers.ts';
import { RequestRates, type Spending } from './request-rates.ts';
import { RetryBudget } from './retry-budget.ts';
import { type ClosingCause, TunnelClosing } from './tunnel-closing.ts';
import type { OpenTunnel, WorkerContext } from './worker-context.ts';
import { WriteBatch } from './write-batch.ts';

const READ_BUFFER_BYTES = 64 * 1024;
/** From one telling of the nodes' signs to the next. */
const TELL_MS = 200;

export interface DataPlaneHooks {
  readonly stats: WorkerStats;
  /** undefined when it is switched off. */
  readonly accessLog: Pick<AccessLog, 'write'> | undefined;
  /** Gets each finished exchange that may name a session. */
  readonly timeline?: { write(record: ExchangeRecord): void; opened(record: ExchangeRecord): void };
  /** What a session is called where its token must not be; see `SessionAliases`. */
  readonly aliasOf?: (token: string) => string;
  /** A node refused or broke a connection: worth an immediate poll. */
  readonly onNodeRefused: (node: string) => void;
  /** A node owes answers and gives none: worth a poll that it has to pass. */
  readonly onNodeSuspect?: (node: string) => void;
  /** What traffic showed of the nodes since the last time. */
  readonly onSigns?: (signs: readonly NodeSigns[]) => void;
  /** What clients used of their rates since the last time. */
  readonly onSpending?: (spending: readonly Spending[]) => void;
  /** `code`: of OpenSSL or the system, '' for none. */
  readonly onHandshakeFailed?: (reason: HandshakeFailure, code: string, peer: string) => void;
  readonly onConnectionRefused?: (why: ConnectionRefusal, peer: string) => void;
}

export class DataPlane implements WorkerContext {
  readonly stats: WorkerStats;
  readonly deadlines = new Deadlines((now) => this.#sweep(now));
  readonly writes = new WriteBatch();
  readonly load = new LoadTable();
  readonly stalls = new StallDetector();
  readonly signs = new Signs(this.stalls);
  readonly tunnels = new Set<OpenTunnel>();
  readonly requestIds = new RequestIds();
  /** Where all node connections read into; see `NodeConnection`. */
  readonly readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  readonly spentHeads: WorkerContext['spentHeads'];
  readonly directory: SessionDirectory;
  config: ProxyConfig;
  workers: number;
  view: PoolView;
  owners: OwnerLookUp;
  peers: Peers;
  cookieRepair: CookieRepair | undefined;
  router: Router;
  retryBudget: RetryBudget;
  requestRates: RequestRates | undefined;
  tracing: Tracing | undefined;
  /** No new connections, and none kept alive. */
  closing = false;
  /** Still accepts, and says that it soon will not. */
  leaving = false;
  readonly #hooks: DataPlaneHooks;
  readonly #nodes = new NodeConnections(this);
  readonly #reprieves = new Reprieves(this.stalls);
  readonly #closing = new TunnelClosing(this.tunnels, (node) => this.view.byName.get(node)?.operator === 'maintenance');
  readonly #clients: Clients;
  #nodesTls: NodesTls;
  #toldAt = 0;

  /** Throws when a certificate cannot be used. */
  constructor(config: ProxyConfig, pool: PoolSnapshot, hooks: DataPlaneHooks, tls: WorkerTls) {
    this.#hooks = hooks;
    this.stats = hooks.stats;
    this.view = new PoolView(pool);
    this.directory = new SessionDirectory(config.affinity);
    this.spentHeads = {
      request: new RequestHead(config.limits, config.forwarding.requestIdHeader, false),
      answer: new AnswerHead(config.limits),
    };
    this.config = config;
    this.workers = workersOf(config);
    this.#nodesTls = new NodesTls(config, tls.nodeFiles);
    this.owners = this.#makeOwners(config);
    this.peers = new Peers(config.forwarding.trustedProxies);
    this.retryBudget = new RetryBudget(config.retries.budget, config.retries.burst);
    this.cookieRepair = this.#makeCookieRepair(config);
    this.requestRates = RequestRates.of(config.limits.perAddress, this.workers, undefined);
    this.router = this.#makeRouter(config);
    this.load.slowStart = config.health.slowStart;
    this.load.now = Date.now();
    this.deadlines.start();
    this.#clients = new Clients(this, config, tls, {
      onRequest: (client, headLength) => this.#onRequest(client, headLength),
      onHandshakeFailed: (reason, code, peer) => hooks.onHandshakeFailed?.(reason, code, peer),
    });
  }

  onNodeFailed(node: string): void {
    this.#hooks.onNodeRefused(node);
  }

  /**
   * Takes a new configuration, all but the listeners' addresses and `admin`. What is under way goes on;
   * connections that are open keep the head limits, the trust and the TLS that they began with. Throws, with all as it
   * was, when a certificate cannot be used.
   */
  reconfigure(config: ProxyConfig, pool: PoolSnapshot, tls: WorkerTls): void {
    const { owners, config: before } = this;
    const nodesTls = new NodesTls(config, tls.nodeFiles, this.#nodesTls);
    this.#clients.listeners.follow(config, tls);
    nodesTls.replace(this.#nodesTls);
    this.#nodesTls = nodesTls;
    this.config = config;
    this.workers = workersOf(config);
    this.directory.follow(config.affinity);
    this.owners = this.#makeOwners(config);
    // A list of 256 networks takes half a millisecond to make.
    if (!isDeepStrictEqual(config.forwarding.trustedProxies, before.forwarding.trustedProxies)) {
      this.peers = new Peers(config.forwarding.trustedProxies);
    }
    // A reload is no reason to retry more.
    if (!isDeepStrictEqual(config.retries, before.retries)) {
      this.retryBudget = new RetryBudget(config.retries.budget, config.retries.burst);
    }
    this.cookieRepair = this.#makeCookieRepair(config);
    this.requestRates = RequestRates.of(config.limits.perAddress, this.workers, this.requestRates);
    this.router = this.#makeRouter(config);
    this.load.slowStart = config.health.slowStart;
    owners.finish();
    this.publish(pool);
  }

  /** See `Listeners.listen`. */
  listen(descriptors: readonly number[] = []): Promise<readonly Address[]> {
    return this.#clients.listeners.listen(descriptors);
  }

  /** From the next request on, whatever its connection was opened for. */
  trace(tracing: Tracing | undefined): void {
    this.tracing = tracing;
  }

  rotateTickets(ticketSecret: string): void {
    this.#clients.listeners.rotateTickets(ticketSecret);
  }

  publish(pool: PoolSnapshot): void {
    const before = this.view;
    this.view = new PoolView(pool);
    for (const node of this.view.nodes) {
      const known = before.byName.get(node.name);
      if (known === undefined) this.stats.addNode(node.index, node.name);
      else if (node.state === 'down' && known.state !== 'down') this.#nodeDown(node);
      // Idle connections to a process that was restarted are as dead as it is.
      else if (known.instanceId !== node.instanceId) this.#nodes.closeIdle(node.name);
      if (known?.state !== node.state) this.stalls.forgive(node.index, this.deadlines.now);
    }
    for (const known of before.nodes) if (!this.view.byName.has(known.name)) this.#nodes.closeIdle(known.name);
    this.#endReprieves(performance.now());
  }

  /** Where a request to this listener would go, and why. */
  explain(request: RoutingRequest, listener: number): Promise<Explanation> {
    return explain(this, request, listener);
  }

  /** What clients used of their rates at another worker. */
  charge(spending: readonly Spending[]): void {
    this.requestRates?.charge(spending, this.deadlines.now);
  }

  /** See `TunnelClosing`. */
  closeTunnels(nodeName: string, perSecond: number, cause: ClosingCause): void {
    this.#closing.close(nodeName, perSecond, cause);
  }

  /** A shutdown is near: `/health` says so, to whoever balances over several proxies. */
  leave(): void {
    this.leaving = true;
  }

  /**
   * Accepts nothing more, since others do; resolves when the last connection has ended. One that is kept alive is
   * closed with its next answer and not before: its client may be about to ask.
   */
  retire(): Promise<void> {
    this.closing = true;
    this.#clients.retire();
    return this.#clients.empty();
  }

  /** Accepts nothing more; resolves when all is finished, with what is left at `deadlineMs` cut off. */
  async shutdown(deadlineMs: number): Promise<void> {
    this.closing = true;
    this.#nodes.closeIdle();
    this.#clients.shutdown();
    const timer = setTimeout(() => this.#clients.onShutdownDeadline(), deadlineMs);
    await this.#clients.empty();
    clearTimeout(timer);
    this.deadlines.stop();
    await this.owners.close();
  }

  refuseConnection(tcp: Socket, why: ConnectionRefusal): void {
    this.stats.connectionRefusals[why]++;
    this.#hooks.onConnectionRefused?.(why, this.peers.normalize(tcp.remoteAddress ?? ''));
    tcp.resetAndDestroy();
  }

  aliasOf(token: string): string {
    return this.#hooks.aliasOf?.(token) ?? '';
  }

  tlsTo(node: string): NodeTls | undefined {
    return this.#nodesTls.of(node);
  }

  tunnelOpened(record: ExchangeRecord): void {
    if (record.class !== 'any') this.#hooks.timeline?.opened(record);
  }

  /** Counts and logs an exchange that has ended. `nodeIndex` is -1 when it met no node. */
  record(record: ExchangeRecord, nodeIndex: number): void {
    this.stats.exchangeEnded(record, nodeIndex);
    this.#hooks.accessLog?.write(record);
    if (record.class !== 'any') this.#hooks.timeline?.write(record);
  }

  #onRequest(client: ClientConnection, headLength: number): void {
    this.deadlines.wake();
    const exchange = new Exchange(this, this.#nodes, client, headLength);
    client.use(exchange);
    exchange.start();
  }

  #makeCookieRepair(config: ProxyConfig): CookieRepair | undefined {
    return CookieRepair.for(config, (why) => {
      this.stats.cookiesIgnored[why]++;
    });
  }

  #makeOwners(config: ProxyConfig): OwnerLookUp {
    return new OwnerLookUp(config, this.directory, { tls: this.#nodesTls });
  }

  #makeRouter(config: ProxyConfig): Router {
    const { directory, load, stalls } = this;
    const balancer = makeBalancer(config.balance);
    return new Router({ config, directory, load, stalls, balancer, signature: this.cookieRepair?.signature });
  }

  /** What waits for it goes elsewhere or is told; an answer that has begun may still come. */
  #nodeDown(node: NodeSnapshot): void {
    this.#nodes.closeIdle(node.name);
    // In maintenance it is well: what is under way ends there, and its tunnels are closed at a pace.
    if (node.operator === 'maintenance') return;
    const pausing = this.#reprieves.grant(node, performance.now());
    if (pausing) this.#clients.onNodeSilent(node.name);
    else this.#clients.onNodeDown(node.name);
  }

  #endReprieves(now: number): void {
    for (const name of this.#reprieves.over(this.view, now)) this.#clients.onNodeDown(name);
  }

  /** Whether somebody is waited for. */
  #sweep(now: number): boolean {
    this.load.now = Date.now();
    this.#endReprieves(now);
    this.#nodes.expire(now);
    const isOwed = this.stalls.check(now, (index) => {
      const node = this.view.nodes.find((candidate) => candidate.index === index);
      if (node !== undefined && takesBoundRequests(node)) this.#hooks.onNodeSuspect?.(node.name);
    });
    if (this.stalls.any) this.#clients.onStalls(now);
    this.#tell(now);
    return isOwed || this.#reprieves.any || this.#nodes.isAwaited;
  }

  /** To the primary: what is decided of nodes all workers must agree on, and clients' rates are for all together. */
  #tell(now: number): void {
    if (now - this.#toldAt < TELL_MS) return;
    this.#toldAt = now;
    const signs = this.signs.take(this.view.nodes, now);
    if (signs.length > 0) this.#hooks.onSigns?.(signs);
    const spending = this.requestRates?.spent() ?? [];
    if (spending.length > 0) this.#hooks.onSpending?.(spending);
  }
}

function workersOf({ workers }: ProxyConfig): number {
  return workers === 'auto' ? availableParallelism() : workers;
}
