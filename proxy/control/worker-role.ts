/**
 * What a worker process does: waits for the primary's word, runs the data plane, reports, and ends when told to or
 * when the anchor is gone. It does not notice when the primary is.
 */
import { setImmediate } from 'node:timers/promises';
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import type { RoutingRequest } from '../affinity/decision.ts';
import { FIRST_SOCKET_FD } from '../anchor/messages.ts';
import { AccessLog } from '../observe/access-log.ts';
import type { ConnectionRefusal } from '../observe/labels.ts';
import { openLog, type ProgramLog } from '../observe/log.ts';
import { PathMask } from '../observe/path-mask.ts';
import type { StatsSnapshot } from '../observe/snapshot.ts';
import { WorkerStats } from '../observe/stats.ts';
import { changed } from '../pool/pool-change.ts';
import type { NodeSigns } from '../pool/signs.ts';
import type { PoolSnapshot } from '../pool/view.ts';
import type { HandshakeFailure } from '../tls/handshake-failure.ts';
import type { WorkerTls } from '../tls/listener-tls.ts';
import type { Tracing } from '../tracing/trace.ts';
import { TracingSwitch } from '../tracing/tracing-switch.ts';
import type { Explanation } from '../traffic/explanation.ts';
import type { Spending } from '../traffic/request-rates.ts';
import { AccessLogSwitch } from './access-log-switch.ts';
import { describeError } from './describe-error.ts';
import type { FromWorker, ToWorker, WorkerReport } from './messages.ts';
import { SessionMemory } from './session-memory.ts';
import { VERSION } from './version.ts';

/** Of the time for a shutdown: by then all tunnels are closed. */
const CLOSING_SHARE = 0.8;

/** What spans that are left may take of the time for a shutdown, and what they get when there is no more of it. */
const SPANS_MS = { most: 5_000, least: 1_000 } as const;

/** What the role needs of the data plane. */
export interface Traffic {
  /**
   * Accepts connections on the sockets with these descriptors, in the order of the configuration; rejects with the
   * system's error.
   */
  listen(descriptors: readonly number[]): Promise<unknown>;
  publish(pool: PoolSnapshot): void;
  /** Another configuration, and what goes with it; the sockets stay as they are. */
  reconfigure?(config: ProxyConfig, pool: PoolSnapshot, tls: WorkerTls): void;
  rotateTickets?(secret: string): void;
  /** From now on; undefined: nothing is traced any more. */
  trace?(tracing: Tracing | undefined): void;
  /** What clients used of their rates at another worker. */
  charge?(spending: readonly Spending[]): void;
  /** Closes the tunnels to a node, so many a second. */
  closeTunnels?(node: string, perSecond: number, cause: 'drained' | 'shutdown'): void;
  /** Where it would send this request, which comes to that listener, and why. */
  explain?(request: RoutingRequest, listener: number): Promise<Explanation>;
  /** Accepts nothing more; resolves when all is finished, however long it takes. */
  retire?(): Promise<void>;
  /** Whoever asks for the health of the proxy hears that it is leaving. */
  leave?(): void;
  /** Accepts nothing more; resolves when all is finished, after `deadlineMs` at the latest. */
  shutdown(deadlineMs: number): Promise<void>;
}

export interface TrafficHooks {
  readonly stats: WorkerStats;
  readonly accessLog: Pick<AccessLog, 'write'>;
  readonly onNodeRefused: (node: string) => void;
  readonly onNodeSuspect: (node: string) => void;
  readonly onSigns: (signs: readonly NodeSigns[]) => void;
  readonly onSpending: (spending: readonly Spending[]) => void;
  readonly onHandshakeFailed: (reason: HandshakeFailure, code: string, peer: string) => void;
  readonly onConnectionRefused: (why: ConnectionRefusal, peer: string) => void;
  /** Gets each finished exchange that may name a session. */
  readonly timeline: Pick<SessionMemory['recorder'], 'write' | 'opened'>;
  /** What a session is called where its token must not be. */
  readonly aliasOf: (token: string) => string;
}

export type MakeTraffic = (config: ProxyConfig, pool: PoolSnapshot, hooks: TrafficHooks, tls: WorkerTls) => Traffic;

/** Turns this process into a worker. Only in a process that the anchor forked. */
export function runWorker(makeTraffic: MakeTraffic): void {
  let role: WorkerRole | undefined;
  // A terminal sends Ctrl-C to the whole process group; the primary alone decides when the workers end.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  process.on('SIGHUP', () => {});
  process.on('SIGUSR2', () => {});
  process.on('message', (message: ToWorker) => {
    if (message.type === 'start') role ??= new WorkerRole(message, makeTraffic);
    else if (role) role.received(message);
    else if (message.type === 'shutdown') process.exit(0);
  });
  process.once('disconnect', () => {
    if (role) role.shutdown();
    else process.exit(0);
  });
  process.on('uncaughtException', (error) => {
    if (role) role.fail(error);
    else tell({ type: 'fatal', ...describeError(error) }, () => process.exit(1));
  });
  tell({ type: 'booted' });
}

class WorkerRole {
  readonly #stats: WorkerStats;
  readonly #accessLog: AccessLogSwitch;
  readonly #log: ProgramLog;
  readonly #sessions: SessionMemory;
  readonly #traffic: Traffic;
  readonly #tracing: TracingSwitch;
  #config: ProxyConfig;
  #pool: PoolSnapshot;
  #pathMask: PathMask;
  #retiring = false;
  #ending = false;

  constructor({ config, tls, pool, aliasKey }: Extract<ToWorker, { type: 'start' }>, makeTraffic: MakeTraffic) {
    this.#config = config;
    this.#pool = pool;
    this.#pathMask = new PathMask(config.routes);
    this.#log = openLog(config.log.level);
    const stats = new WorkerStats([]);
    for (const node of pool.nodes) stats.addNode(node.index, node.name);
    this.#stats = stats;
    const onDrop = (): void => {
      stats.accessLogDropped++;
    };
    this.#sessions = new SessionMemory(aliasKey, tell);
    const aliasOf = (token: string): string => this.#sessions.aliases.of(token);
    const pathMask = (): PathMask => this.#pathMask;
    this.#accessLog = new AccessLogSwitch(() => new AccessLog({ to: 1, onDrop, pathMask, aliasOf }));
    this.#accessLog.turn(config.log.access);
    const hooks: TrafficHooks = {
      stats,
      accessLog: this.#accessLog,
      onNodeRefused: (node) => tell({ type: 'node-refused', node }),
      onNodeSuspect: (node) => tell({ type: 'suspect', node }),
      onSigns: (signs) => tell({ type: 'signs', signs }),
      onSpending: (spending) => tell({ type: 'spending', spending }),
      onHandshakeFailed: (reason, code, peer) => {
        this.#log.logger.debug({ reason, code, client: peer }, 'a TLS handshake failed');
      },
      onConnectionRefused: (why, peer) => {
        this.#log.logger.debug({ reason: why, client: peer }, 'a connection was reset');
      },
      timeline: this.#sessions.recorder,
      aliasOf,
    };
    this.#traffic = makeTraffic(config, pool, hooks, tls);
    this.#tracing = new TracingSwitch({
      version: VERSION,
      logger: this.#log.logger,
      counts: stats.spans,
      pathMask,
      aliasOf,
      onChange: (tracing) => this.#traffic.trace?.(tracing),
    });
    this.#listen();
  }

  received(message: Exclude<ToWorker, { type: 'start' }>): void {
    switch (message.type) {
      case 'pool':
        this.#publish(message.pool);
        break;
      case 'pool-change':
        this.#publish(changed(this.#pool, message.change));
        break;
      case 'config':
        this.#follow(message.config, message.pool, message.tls);
        break;
      case 'ticket-secret':
        this.#traffic.rotateTickets?.(message.secret);
        break;
      case 'spending':
        this.#traffic.charge?.(message.spending);
        break;
      case 'close-tunnels':
        this.#traffic.closeTunnels?.(message.node, message.perSecond, 'drained');
        break;
      case 'report-request':
        this.#report(message.id);
        break;
      case 'trail-request':
        this.#sessions.answer(message.id, message.alias);
        break;
      case 'explain-request':
        this.#explain(message);
        break;
      case 'retire':
        this.#retire(message.deadlineMs);
        break;
      case 'leaving':
        this.#traffic.leave?.();
        break;
      case 'shutdown':
        this.shutdown(message.deadlineMs);
        break;
    }
  }

  async shutdown(deadlineMs = this.#config.timeouts.shutdown): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    const since = performance.now();
    this.#closeTunnelsWithin(deadlineMs);
    await this.#traffic.shutdown(deadlineMs);
    await this.#end(0, deadlineMs - (performance.now() - since));
  }

  /** An error that nobody expected: the state of this process is anybody's guess, so another takes its place. */
  async fail(error: unknown): Promise<void> {
    const { message, code } = describeError(error);
    this.#log.logger.fatal({ pid: process.pid }, `worker failed: ${message}`);
    this.#log.logger.debug({ err: error }, 'where the worker failed');
    tell({ type: 'fatal', message, code });
    await this.#end(1);
  }

  #publish(pool: PoolSnapshot): void {
    this.#pool = pool;
    this.#traffic.publish(pool);
  }

  #follow(config: ProxyConfig, pool: PoolSnapshot, tls: WorkerTls): void {
    this.#config = config;
    this.#pool = pool;
    this.#pathMask = new PathMask(config.routes);
    this.#log.logger.level = config.log.level;
    this.#accessLog.turn(config.log.access);
    this.#traffic.reconfigure?.(config, pool, tls);
    this.#tracing.follow(config.tracing);
  }

  /** What is not finished by the deadline is ended as at a shutdown. */
  async #retire(deadlineMs: number): Promise<void> {
    if (this.#retiring || this.#ending) return;
    this.#retiring = true;
    const deadline = setTimeout(() => this.shutdown(), deadlineMs);
    await this.#traffic.retire?.();
    clearTimeout(deadline);
    await this.shutdown();
  }

  /** Their users come back at a pace, not all at once when the time is up. */
  #closeTunnelsWithin(deadlineMs: number): void {
    for (const { name, tunnels } of this.#stats.snapshot().nodes) {
      const perSecond = Math.ceil((tunnels * 1000) / (deadlineMs * CLOSING_SHARE));
      if (tunnels > 0) this.#traffic.closeTunnels?.(name, perSecond, 'shutdown');
    }
  }

  async #listen(): Promise<void> {
    try {
      await this.#tracing.follow(this.#config.tracing);
      await this.#traffic.listen(this.#config.listeners.map((_, index) => FIRST_SOCKET_FD + index));
      tell({ type: 'listening' });
    } catch (error) {
      tell({ type: 'fatal', ...describeError(error) });
      await this.#end(1);
    }
  }

  /** Traffic goes on in between: before 300 nodes, a whole report would hold it up for ten milliseconds. */
  async #report(id: number): Promise<void> {
    for (const { nodes, common } of this.#stats.pieces()) {
      if (common === undefined) {
        tell({ type: 'report-piece', id, nodes });
        await setImmediate();
      } else tell({ type: 'report', id, report: reportOf({ ...common, nodes }) });
    }
  }

  async #explain({ id, request, listener }: Extract<ToWorker, { type: 'explain-request' }>): Promise<void> {
    const explanation = await this.#traffic.explain?.(request, listener);
    if (explanation !== undefined) tell({ type: 'explanation', id, explanation });
  }

  /** `leftMs`: of the time for it. */
  async #end(code: number, leftMs = 0): Promise<void> {
    this.#sessions.flush();
    const spans = this.#tracing.close(Math.min(SPANS_MS.most, Math.max(SPANS_MS.least, leftMs)));
    await Promise.all([spans, this.#accessLog.close()]);
    await this.#log.close();
    // The channel keeps order: when the last report is out, so is all that was said before.
    const report = reportOf(this.#stats.snapshot());
    tell({ type: 'report', id: 0, report }, () => process.exit(code));
  }
}

function reportOf(stats: StatsSnapshot): WorkerReport {
  const { user, system } = process.cpuUsage();
  return { stats, cpuSeconds: (user + system) / 1e6, residentBytes: process.memoryUsage.rss() };
}

/** `then` is called once the message is out, or when it cannot be sent: the anchor may be gone at any moment. */
function tell(message: FromWorker, then: () => void = () => {}): void {
  if (process.connected && process.send) process.send(message, undefined, undefined, then);
  else then();
}
