/** The control plane: polls the nodes, keeps the workers, answers on the admin listener. No traffic passes it. */
import { setTimeout } from 'node:timers/promises';
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import { Exposition } from '../observe/exposition.ts';
import type { Logger } from '../observe/log.ts';
import type { Observed } from '../observe/metrics.ts';
import { PoolCounters } from '../observe/pool-counters.ts';
import { newAliasKey } from '../observe/session-alias.ts';
import { HealthPoller, type NodeTransition, type PreparedPool } from '../pool/poller.ts';
import { type PoolSnapshot, takesBoundRequests } from '../pool/view.ts';
import { AdminServer } from './admin.ts';
import { adminRoutes } from './admin-routes.ts';
import { readAdminToken } from './admin-token.ts';
import { changesBetween } from './config-changes.ts';
import { describeError } from './describe-error.ts';
import { FailoverReport } from './failover-report.ts';
import type { Address } from './messages.ts';
import { passOn } from './node-news.ts';
import { NodeOperator } from './node-operator.ts';
import { OperatorStates } from './operator-states.ts';
import { type Readiness, readinessOf } from './readiness.ts';
import { type LoadProxyConfig, Reloader, type ReloadOutcome } from './reloader.ts';
import { reportRoutes } from './report-routes.ts';
import { type NodeStatus, type Status, statusOf } from './status.ts';
import { StartFailure, Supervisor } from './supervisor.ts';
import { logTransition } from './transition-log.ts';
import { VERSION } from './version.ts';

export interface Listening {
  readonly listeners: readonly Address[];
  readonly admin: Address;
}

export interface PrimaryOptions {
  readonly config: ProxyConfig;
  readonly logger: Logger;
  /** Reads the configuration anew. */
  readonly load: LoadProxyConfig;
  /** The module that a worker runs, in the place of the proxy's own. */
  readonly workerFile?: string;
}

export class Primary {
  readonly #logger: Logger;
  readonly #counters: PoolCounters;
  readonly #poller: HealthPoller;
  readonly #supervisor: Supervisor;
  readonly #exposition = new Exposition();
  readonly #operator: NodeOperator;
  readonly #report: FailoverReport;
  readonly #states: OperatorStates;
  readonly #reloader: Reloader;
  readonly #startedAt = Date.now();
  #config: ProxyConfig;
  #admin: AdminServer;
  #started = false;
  #shuttingDown = false;

  constructor({ config, logger, load, workerFile }: PrimaryOptions) {
    this.#config = config;
    this.#logger = logger;
    this.#counters = new PoolCounters(config.nodes.map((node) => node.name));
    const states = new OperatorStates({ file: config.stateFile, warn: (message) => logger.warn(message) });
    this.#states = states;
    this.#poller = new HealthPoller(config, {
      operatorState: (node) => states.stateOf(node),
      onChange: (pool) => {
        this.#supervisor.publish(pool);
        this.#report.published(pool);
      },
      onPoll: (node, result, durationMs) => {
        this.#counters.polled(node, result);
        this.#report.polled(node, result, durationMs);
      },
      onTransition: (transition) => this.#nodeChanged(transition),
      onEvidence: (node, ms) => this.#report.suspected(node, ms),
    });
    const aliasKey = newAliasKey();
    this.#supervisor = new Supervisor({
      config,
      logger,
      pool: () => this.#poller.snapshot(),
      aliasKey,
      onNodeNews: (news, worker) => passOn(news, worker, this.#poller, this.#report),
      onSightings: (sightings, skipped) => this.#report.sighted(sightings, skipped),
      onWorkerDied: (last) => this.#report.workerDied(last),
      onWhole: () => this.#report.workersWhole(),
      ...(workerFile !== undefined && { workerFile }),
    });
    this.#operator = new NodeOperator({
      states,
      logger,
      config: () => this.#config,
      pool: () => this.#poller.snapshot(),
      obey: (node, state) => this.#poller.obey(node, state),
      stats: async () => (await this.#supervisor.crew.collect()).stats,
      closeTunnels: (node, perSecond) => this.#supervisor.crew.closeTunnels(node, perSecond),
    });
    this.#report = new FailoverReport({
      logger,
      aliasKey,
      grace: () => this.#config.affinity.reconnectGrace,
      pool: () => this.#poller.snapshot(),
      lastStats: () => this.#supervisor.crew.lastTotals.stats,
      collect: async () => (await this.#supervisor.crew.collect()).stats,
      trailsOf: (alias) => this.#supervisor.crew.trailsOf(alias),
    });
    this.#report.published(this.#poller.snapshot());
    this.#reloader = new Reloader({ load, apply: (config) => this.#apply(config), logger });
    this.#admin = this.#makeAdmin();
  }

  /**
   * Resolves once every node has been polled and every worker accepts connections. Rejects with the system's error or
   * a `StartFailure`; then call `shutdown`.
   */
  async start(): Promise<Listening> {
    requireToken(this.#config);
    await this.#poller.start();
    if (!this.#shuttingDown) this.#warnWithoutNodes();
    await this.#supervisor.start();
    this.#operator.start();
    const admin = await this.#admin.listen(this.#config.admin);
    this.#started = true;
    return { listeners: this.#supervisor.addresses, admin };
  }

  /** Loads the configuration again; `why`: who asks, for the log. Never rejects. */
  reload(why: string): Promise<ReloadOutcome> {
    return this.#reloader.reload(why);
  }

  /** New workers, which run the program as it is on the disk now, take over one by one. Never rejects. */
  renew(): Promise<void> {
    return this.#reloader.inTurn(async () => {
      try {
        await this.#supervisor.renew();
        this.#logger.info('all workers are new');
      } catch (error) {
        this.#logger.error(`the workers stay as they are: ${describeError(error).message}`);
      }
    });
  }

  /**
   * Not ready any more and, `timeouts.shutdownDelay` later, accepts nothing more; closes tunnels at a pace, finishes the
   * rest within `timeouts.shutdown`, and ends.
   */
  async shutdown(): Promise<void> {
    this.#shuttingDown = true;
    this.#operator.stop();
    const { shutdownDelay, shutdown } = this.#config.timeouts;
    if (this.#started && shutdownDelay > 0) {
      this.#supervisor.crew.broadcast({ type: 'leaving' });
      await setTimeout(shutdownDelay);
    }
    await this.#supervisor.shutdown(shutdown);
    await this.#poller.stop();
    await this.#admin.close();
  }

  /** Ends the workers at once, whatever they are doing. */
  kill(): void {
    this.#supervisor.kill();
  }

  /** Rejects, with all as it was, when the configuration cannot be had: a port is taken, a file cannot be read. */
  async #apply(config: ProxyConfig): Promise<readonly string[]> {
    const { keys, needsNewWorkers, movesAdmin } = changesBetween(this.#config, config);
    if (keys.length === 0) return keys;
    if (this.#shuttingDown) throw new StartFailure('it is shutting down');
    requireToken(config);
    const admin = movesAdmin ? this.#makeAdmin() : undefined;
    const address = await admin?.listen(config.admin);
    this.#counters.add(config.nodes.map((node) => node.name));
    const prepared = await this.#poller.prepare(config);
    try {
      await this.#supervisor.reconfigure(config, {
        pool: prepared.snapshot,
        roll: needsNewWorkers,
        commit: () => this.#commit(config, prepared),
      });
    } catch (error) {
      prepared.discard();
      await admin?.close();
      throw error;
    }
    if (admin !== undefined && address !== undefined) this.#moveAdmin(admin, address);
    return keys;
  }

  #commit(config: ProxyConfig, prepared: PreparedPool): PoolSnapshot {
    this.#config = config;
    this.#logger.level = config.log.level;
    this.#states.follow(config.stateFile, new Set(config.nodes.map((node) => node.name)));
    const pool = prepared.commit();
    this.#report.published(pool);
    return pool;
  }

  #moveAdmin(admin: AdminServer, { host, port }: Address): void {
    // Whoever asked for the reload has yet to hear of it.
    this.#admin.finish();
    this.#admin = admin;
    this.#logger.info({ admin: { host, port } }, `admin on ${host}:${port}`);
  }

  #makeAdmin(): AdminServer {
    return new AdminServer({
      token: () => readAdminToken(this.#config.admin),
      routes: [
        ...adminRoutes({
          metrics: async () => ({
            contentType: this.#exposition.contentType,
            text: await this.#exposition.render(await this.#observe()),
          }),
          readiness: () => this.#readiness(),
          status: () => this.#status(),
          node: (name) => this.#node(name),
          order: (node, order) => this.#operator.order(node, order),
          reload: () => this.reload('POST /reload'),
        }),
        ...reportRoutes(this.#report),
      ],
    });
  }

  #warnWithoutNodes(): void {
    const { nodes } = this.#poller.snapshot();
    if (nodes.some(takesBoundRequests)) return;
    const names = nodes.map(({ name, authority }) => `${name} (${authority})`).join(', ');
    this.#logger.warn(`no node can be reached, requests get 503 until one answers: ${names}`);
  }

  #nodeChanged(transition: NodeTransition): void {
    this.#counters.changed(transition.node, transition);
    logTransition(this.#logger, transition);
    this.#report.changed(transition);
  }

  #readiness(): Readiness {
    return readinessOf({
      shuttingDown: this.#shuttingDown,
      listeningWorkers: this.#supervisor.crew.listening,
      pool: this.#poller.snapshot(),
    });
  }

  async #observe(): Promise<Observed> {
    const { stats, cpuSeconds, residentBytes } = await this.#supervisor.crew.collect();
    return {
      version: VERSION,
      stats,
      pool: this.#poller.snapshot(),
      polls: this.#counters.polls,
      stateChanges: this.#counters.stateChanges,
      incidents: this.#report.totals,
      pairs: this.#report.pairs,
      reloads: this.#reloader,
      workers: {
        listening: this.#supervisor.crew.listening,
        restarts: this.#supervisor.restarts,
        cpuSeconds,
        residentBytes,
      },
    };
  }

  async #status(): Promise<Status> {
    const observed = await this.#observe();
    return statusOf({
      observed,
      startedAt: this.#startedAt,
      now: Date.now(),
      readiness: this.#readiness(),
      listeners: this.#supervisor.addresses,
      held: (node, stats) => this.#operator.progress(node, stats),
      workers: this.#supervisor.crew.workers.map(({ pid, listeningSince, retiring, lastReport }) => ({
        pid,
        listeningSince: listeningSince === undefined ? null : new Date(listeningSince).toISOString(),
        retiring,
        cpuSeconds: lastReport.cpuSeconds,
        residentBytes: lastReport.residentBytes,
      })),
    });
  }

  async #node(name: string): Promise<NodeStatus | undefined> {
    return (await this.#status()).nodes.find((node) => node.name === name);
  }
}

/** Better no start, and no reload, than an admin listener that refuses every order. */
function requireToken({ admin }: ProxyConfig): void {
  const token = readAdminToken(admin);
  if (!token.ok) throw new StartFailure(token.reason);
}
