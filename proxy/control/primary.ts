/** The control plane: polls the nodes, keeps the workers, answers on the admin listener. No traffic passes it. */
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import { Exposition } from '../observe/exposition.ts';
import type { Logger } from '../observe/log.ts';
import type { Observed } from '../observe/metrics.ts';
import { PoolCounters } from '../observe/pool-counters.ts';
import { HealthPoller, type NodeTransition } from '../pool/poller.ts';
import { takesBoundRequests } from '../pool/view.ts';
import { AdminServer } from './admin.ts';
import type { Address } from './messages.ts';
import { type Readiness, readinessOf } from './readiness.ts';
import { type Status, statusOf } from './status.ts';
import { Supervisor } from './supervisor.ts';
import { VERSION } from './version.ts';

export interface Listening {
  readonly listeners: readonly Address[];
  readonly admin: Address;
}

export interface PrimaryOptions {
  readonly config: ProxyConfig;
  readonly logger: Logger;
  /** The module that a worker runs, in the place of the proxy's own. */
  readonly workerFile?: string;
}

export class Primary {
  readonly #config: ProxyConfig;
  readonly #logger: Logger;
  readonly #counters: PoolCounters;
  readonly #poller: HealthPoller;
  readonly #supervisor: Supervisor;
  readonly #exposition = new Exposition();
  readonly #admin: AdminServer;
  readonly #startedAt = Date.now();
  #listeners: readonly Address[] = [];
  #shuttingDown = false;

  constructor({ config, logger, workerFile }: PrimaryOptions) {
    this.#config = config;
    this.#logger = logger;
    this.#counters = new PoolCounters(config.nodes.map((node) => node.name));
    this.#poller = new HealthPoller(config, {
      onChange: (pool) => this.#supervisor.publish(pool),
      onPoll: (node, result) => this.#counters.polled(node, result),
      onTransition: (transition) => this.#nodeChanged(transition),
    });
    this.#supervisor = new Supervisor({
      config,
      logger,
      pool: () => this.#poller.snapshot(),
      onNodeRefused: (node) => this.#poller.pollNow(node),
      ...(workerFile !== undefined && { workerFile }),
    });
    this.#admin = new AdminServer({
      metrics: async () => ({
        contentType: this.#exposition.contentType,
        text: await this.#exposition.render(await this.#observe()),
      }),
      readiness: () => this.#readiness(),
      status: () => this.#status(),
    });
  }

  /**
   * Resolves once every node has been polled and every worker accepts connections. Rejects with the system's error or
   * a `StartFailure`; then call `shutdown`.
   */
  async start(): Promise<Listening> {
    await this.#poller.start();
    if (!this.#shuttingDown) this.#warnWithoutNodes();
    this.#listeners = await this.#supervisor.start();
    const admin = await this.#admin.listen(this.#config.admin);
    return { listeners: this.#listeners, admin };
  }

  /** Not ready any more, then accepts nothing more, finishes what is in flight within `timeouts.shutdown`, and ends. */
  async shutdown(): Promise<void> {
    this.#shuttingDown = true;
    await this.#supervisor.shutdown(this.#config.timeouts.shutdown);
    await this.#poller.stop();
    await this.#admin.close();
  }

  /** Ends the workers at once, whatever they are doing. */
  kill(): void {
    this.#supervisor.kill();
  }

  #warnWithoutNodes(): void {
    const { nodes } = this.#poller.snapshot();
    if (nodes.some(takesBoundRequests)) return;
    const names = nodes.map(({ name, authority }) => `${name} (${authority})`).join(', ');
    this.#logger.warn(`no node can be reached, requests get 503 until one answers: ${names}`);
  }

  #nodeChanged({ node, from, to, reason, sinceMs }: NodeTransition): void {
    this.#counters.changed(node, { from, to });
    const level = to === 'down' ? 'warn' : 'info';
    const what = from === to ? 'restarted' : `goes from ${from} to ${to}`;
    this.#logger[level]({ node, from, to, reason, sinceMs }, `node ${node} ${what}`);
  }

  #readiness(): Readiness {
    return readinessOf({
      shuttingDown: this.#shuttingDown,
      listeningWorkers: this.#supervisor.listening,
      pool: this.#poller.snapshot(),
    });
  }

  async #observe(): Promise<Observed> {
    const { stats, cpuSeconds, residentBytes } = await this.#supervisor.collect();
    return {
      version: VERSION,
      stats,
      pool: this.#poller.snapshot(),
      polls: this.#counters.polls,
      stateChanges: this.#counters.stateChanges,
      workers: {
        listening: this.#supervisor.listening,
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
      listeners: this.#listeners,
      workers: this.#supervisor.workers.map(({ pid, listeningSince, lastReport }) => ({
        pid,
        listeningSince: listeningSince === undefined ? null : new Date(listeningSince).toISOString(),
        cpuSeconds: lastReport.cpuSeconds,
        residentBytes: lastReport.residentBytes,
      })),
    });
  }
}
