/** Keeps the workers running: forks them, tells them what to do, replaces those that die, and those of an old configuration. */
import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import type { Logger } from '../observe/log.ts';
import type { Sighting } from '../observe/sighting.ts';
import type { StatsSnapshot } from '../observe/snapshot.ts';
import type { PoolSnapshot } from '../pool/view.ts';
import { Crew } from './crew.ts';
import { carriedOver, withKnownPorts } from './listener-ports.ts';
import type { Address, FromWorker, NodeNews } from './messages.ts';
import { emptyReport } from './report-totals.ts';
import { RestartBackoff } from './restart-backoff.ts';
import { Rollover } from './rollover.ts';
import { WorkerProcess } from './worker-process.ts';

/** Until a worker that should have finished is killed. */
const KILL_AFTER_MS = 2000;
const MOST_DEATHS_AT_START = 5;

export interface SupervisorOptions {
  readonly config: ProxyConfig;
  /** The pool of now, for a worker that starts. */
  readonly pool: () => PoolSnapshot;
  readonly logger: Logger;
  /** `worker`: the pid of the one that tells. */
  readonly onNodeNews: (news: NodeNews, worker: number) => void;
  /** Of `SessionAliases`, for the workers. */
  readonly aliasKey: string;
  readonly onSightings: (sightings: readonly Sighting[], skipped: number) => void;
  /** `last`: what it reported last. */
  readonly onWorkerDied: (last: StatsSnapshot) => void;
  /** As many workers as there should be accept connections. */
  readonly onWhole: () => void;
  /** The module that a worker runs. */
  readonly workerFile?: string;
}

interface StartWith {
  readonly config: ProxyConfig;
  readonly pool: PoolSnapshot;
}

/** The workers cannot do their work; the message is one line for the operator. */
export class StartFailure extends Error {}

export class Supervisor {
  readonly crew: Crew;
  readonly #options: SupervisorOptions;
  readonly #nodeNames: readonly string[];
  readonly #backoff = new RestartBackoff();
  readonly #rollover: Rollover<WorkerProcess>;
  readonly #replacements = new Set<NodeJS.Timeout>();
  /** As workers get it: its listeners are those of `listener-ports.ts`. */
  #config: ProxyConfig;
  /** As the operator wrote them. */
  #listeners: ProxyConfig['listeners'];
  #wanted: number;
  #addresses: readonly Address[] = [];
  #restarts = 0;
  #stopping = false;
  #settleStart: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;
  #onAllGone: (() => void) | undefined;

  constructor(options: SupervisorOptions) {
    const { config } = options;
    this.#options = options;
    this.#config = config;
    this.#listeners = config.listeners;
    this.#wanted = wantedBy(config);
    this.#nodeNames = config.nodes.map((node) => node.name);
    this.crew = new Crew(this.#nodeNames);
    this.#rollover = new Rollover({
      serving: () => this.crew.serving,
      logger: options.logger,
      fork: () => this.#fork(),
      retire: (worker) => this.#retire(worker),
      wanted: () => (this.#stopping ? 0 : this.#wanted),
      replacements: () => this.#replacements.size,
    });
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Where workers accept connections, in the order of the configuration. */
  get addresses(): readonly Address[] {
    return this.#addresses;
  }

  /**
   * Resolves once all workers accept connections. Rejects with a `StartFailure` when they cannot, and leaves none
   * running.
   */
  async start(): Promise<void> {
    if (this.#stopping) throw new StartFailure('stopped before the start');
    // The workers accept for themselves. By default node:cluster has the primary accept and hand over every
    // connection, which would put the control plane in the way of all traffic.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    cluster.setupPrimary({ exec: this.#options.workerFile ?? ownWorkerFile(), args: [] });
    try {
      await new Promise<void>((resolve, reject) => {
        this.#settleStart = { resolve, reject };
        for (let count = 0; count < this.#wanted; count++) this.#fork();
      });
    } catch (error) {
      await this.shutdown(0);
      throw error;
    } finally {
      this.#settleStart = undefined;
    }
    this.crew.startRefreshing();
  }

  publish(pool: PoolSnapshot): void {
    this.crew.broadcast({ type: 'pool', pool });
  }

  /**
   * Gives all workers another configuration. With `roll`, or when it has other listeners, new workers take over one by
   * one: each new one accepts connections before an old one stops to.
   *
   * @param pool for the first new worker, which has to show that it can listen before anything else happens: if it
   *   cannot, this rejects with a `StartFailure` and all is as it was
   * @param commit called at the point of no return; the pool that goes with the configuration
   */
  async reconfigure(
    config: ProxyConfig,
    {
      pool,
      roll,
      commit,
    }: { readonly pool: PoolSnapshot; readonly roll: boolean; readonly commit: () => PoolSnapshot },
  ): Promise<void> {
    const listeners = [...carriedOver(config.listeners, this.#listeners, this.#config.listeners)];
    const next = { ...config, listeners };
    if (roll) await this.#forerun(next, pool);
    this.#config = next;
    this.#listeners = config.listeners;
    this.#wanted = wantedBy(config);
    this.crew.broadcast({ type: 'config', config: next, pool: commit() });
    if (roll) await this.#rollover.replaceOld();
    else await this.#rollover.resize();
  }

  /** Replaces all workers by new ones, which run the program as it is on the disk now. */
  async renew(): Promise<void> {
    await this.#forerun(this.#config, this.#options.pool());
    await this.#rollover.replaceOld();
  }

  /** Resolves when no worker is left: those that are not done after `deadlineMs` cut off what they still do. */
  async shutdown(deadlineMs: number): Promise<void> {
    this.#stopping = true;
    this.crew.stopRefreshing();
    for (const replacement of this.#replacements) clearTimeout(replacement);
    if (this.crew.size === 0) return;
    const killing = setTimeout(() => this.kill(), deadlineMs + KILL_AFTER_MS);
    await new Promise<void>((resolve) => {
      this.#onAllGone = resolve;
      this.crew.broadcast({ type: 'shutdown', deadlineMs });
    });
    clearTimeout(killing);
  }

  kill(): void {
    this.#stopping = true;
    for (const worker of this.crew.workers) worker.kill();
  }

  /** The first worker of the next generation, and with it the proof that there can be one. */
  async #forerun(config: ProxyConfig, pool: PoolSnapshot): Promise<void> {
    const worker = this.#fork(this.#rollover.generation + 1, { config, pool });
    if (await this.#rollover.listens(worker)) this.#rollover.begin();
    else throw new StartFailure(worker.fatal || 'a new worker died before it could listen');
  }

  /** It accepts nothing more, and ends when all that it has is finished. */
  #retire(worker: WorkerProcess): void {
    const { retire, shutdown } = this.#config.timeouts;
    worker.retiring = true;
    worker.send({ type: 'retire', deadlineMs: retire });
    this.#options.logger.info({ pid: worker.pid }, 'a worker accepts nothing more and finishes what it has');
    worker.killUnlessGoneIn(retire + shutdown + KILL_AFTER_MS);
  }

  /** `start`: what it is told to begin with, in the place of what holds when it has booted. */
  #fork(generation = this.#rollover.generation, start?: StartWith): WorkerProcess {
    const forked = cluster.fork();
    const worker = new WorkerProcess(forked, generation, emptyReport(this.#nodeNames));
    this.crew.add(worker);
    forked.on('message', (message: FromWorker) => this.#received(worker, message, start));
    forked.once('exit', (code, signal) => this.#exited(worker, signal ?? `code ${code}`));
    return worker;
  }

  #received(worker: WorkerProcess, message: FromWorker, start: StartWith | undefined): void {
    switch (message.type) {
      case 'booted':
        this.#tellToStart(worker, start);
        break;
      case 'listening':
        this.#nowListening(worker, message.addresses);
        break;
      case 'report':
        worker.received(message);
        break;
      case 'trail':
        worker.receivedTrail(message);
        break;
      case 'sightings':
        this.#options.onSightings(message.sightings, message.skipped);
        break;
      case 'node-refused':
      case 'suspect':
      case 'signs':
        this.#options.onNodeNews(message, worker.pid);
        break;
      case 'fatal':
        worker.fatal = message.message;
        // Another worker would fare no better: a busy port stays busy.
        this.#settleStart?.reject(new StartFailure(message.message));
        break;
    }
  }

  #tellToStart(worker: WorkerProcess, start: StartWith | undefined): void {
    if (this.#stopping || worker.retiring) {
      worker.send({ type: 'shutdown', deadlineMs: 0 });
      return;
    }
    if (!this.crew.workers.some((other) => other.started)) {
      const listeners = [...withKnownPorts(this.#config.listeners, this.#addresses)];
      this.#config = { ...this.#config, listeners };
    }
    worker.started = true;
    const { config, pool } = start ?? { config: this.#config, pool: this.#options.pool() };
    worker.send({ type: 'start', config, pool, aliasKey: this.#options.aliasKey });
  }

  #nowListening(worker: WorkerProcess, addresses: readonly Address[]): void {
    worker.nowListens();
    this.#addresses = addresses;
    if (this.crew.listening < this.#wanted) return;
    this.#settleStart?.resolve();
    this.#options.onWhole();
  }

  #exited(worker: WorkerProcess, how: string): void {
    this.crew.remove(worker);
    if (this.#stopping) {
      if (this.crew.size === 0) this.#onAllGone?.();
      return;
    }
    if (worker.retiring) {
      this.#options.logger.info({ pid: worker.pid, how }, 'a worker has finished what it had');
      return;
    }
    // Whoever forked it for a trial hears of it.
    if (worker.generation > this.#rollover.generation) return;
    const delayMs = this.#backoff.delayAfter(
      worker.listeningSince === undefined ? 0 : Date.now() - worker.listeningSince,
    );
    if (this.#settleStart && this.#backoff.earlyDeaths >= MOST_DEATHS_AT_START) {
      this.#settleStart.reject(new StartFailure(`the workers keep dying as they start (${how})`));
      return;
    }
    this.#options.logger.error(
      { pid: worker.pid, how, reason: worker.fatal || undefined, delayMs },
      'a worker died and is replaced',
    );
    this.#options.onWorkerDied(worker.lastReport.stats);
    this.#replaceAfter(delayMs);
  }

  #replaceAfter(delayMs: number): void {
    const replacement = setTimeout(() => {
      this.#replacements.delete(replacement);
      if (this.crew.serving.length >= this.#wanted) return;
      this.#restarts++;
      this.#fork();
    }, delayMs);
    this.#replacements.add(replacement);
  }
}

function wantedBy({ workers }: ProxyConfig): number {
  return workers === 'auto' ? availableParallelism() : workers;
}

/** Compiled, the program is `.js`; run from its sources, `.ts`. */
function ownWorkerFile(): string {
  return fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url));
}
