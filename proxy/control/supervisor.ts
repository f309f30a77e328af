/** Keeps the workers running: forks them, tells them what the pool looks like, gathers what they count, replaces them. */
import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import type { Logger } from '../observe/log.ts';
import type { PoolSnapshot } from '../pool/view.ts';
import type { Address, FromWorker, ToWorker, WorkerReport } from './messages.ts';
import { emptyReport, ReportTotals } from './report-totals.ts';
import { RestartBackoff } from './restart-backoff.ts';
import { WorkerProcess } from './worker-process.ts';

/** A worker that does not answer by then is shown as it was when it last did. */
const REPORT_DEADLINE_MS = 500;
/** How much of what a killed worker counted can be missing from the totals. */
const REFRESH_INTERVAL_MS = 5000;
/** Until a worker that should have finished is killed. */
const KILL_AFTER_MS = 2000;
const MOST_DEATHS_AT_START = 5;

export interface SupervisorOptions {
  readonly config: ProxyConfig;
  /** The pool of now, for a worker that starts. */
  readonly pool: () => PoolSnapshot;
  readonly logger: Logger;
  readonly onNodeRefused: (node: string) => void;
  /** The module that a worker runs. */
  readonly workerFile?: string;
}

/** The workers cannot do their work; the message is one line for the operator. */
export class StartFailure extends Error {}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #nodeNames: readonly string[];
  readonly #wanted: number;
  readonly #workers = new Set<WorkerProcess>();
  readonly #totals: ReportTotals;
  readonly #backoff = new RestartBackoff();
  readonly #replacements = new Set<NodeJS.Timeout>();
  #config: ProxyConfig;
  #addresses: readonly Address[] = [];
  #restarts = 0;
  #stopping = false;
  #settleStart: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;
  #onAllGone: (() => void) | undefined;
  #refresh: NodeJS.Timeout | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#nodeNames = options.config.nodes.map((node) => node.name);
    this.#wanted = options.config.workers === 'auto' ? availableParallelism() : options.config.workers;
    this.#totals = new ReportTotals(this.#nodeNames);
  }

  get workers(): readonly WorkerProcess[] {
    return [...this.#workers];
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Workers that accept connections. */
  get listening(): number {
    return this.workers.filter((worker) => worker.listeningSince !== undefined).length;
  }

  /**
   * Resolves to the addresses of the listeners, once all workers accept connections there. Rejects with a
   * `StartFailure` when they cannot, and leaves none running.
   */
  async start(): Promise<readonly Address[]> {
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
    this.#refresh = setInterval(() => this.#refreshReports(), REFRESH_INTERVAL_MS).unref();
    return this.#addresses;
  }

  publish(pool: PoolSnapshot): void {
    this.#broadcast({ type: 'pool', pool });
  }

  /** The sum over all workers that ever were; waits for their answers, but not for longer than half a second. */
  async collect(): Promise<WorkerReport> {
    await this.#refreshReports();
    return this.#totals.plus(this.workers.map((worker) => worker.lastReport));
  }

  /** Resolves when no worker is left: those that are not done after `deadlineMs` cut off what they still do. */
  async shutdown(deadlineMs: number): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#refresh);
    for (const replacement of this.#replacements) clearTimeout(replacement);
    if (this.#workers.size === 0) return;
    const killing = setTimeout(() => this.kill(), deadlineMs + KILL_AFTER_MS);
    await new Promise<void>((resolve) => {
      this.#onAllGone = resolve;
      this.#broadcast({ type: 'shutdown', deadlineMs });
    });
    clearTimeout(killing);
  }

  kill(): void {
    this.#stopping = true;
    for (const worker of this.#workers) worker.kill();
  }

  #fork(): void {
    const forked = cluster.fork();
    const worker = new WorkerProcess(forked, emptyReport(this.#nodeNames));
    this.#workers.add(worker);
    forked.on('message', (message: FromWorker) => this.#received(worker, message));
    forked.once('exit', (code, signal) => this.#exited(worker, signal ?? `code ${code}`));
  }

  #received(worker: WorkerProcess, message: FromWorker): void {
    switch (message.type) {
      case 'booted':
        this.#tellToStart(worker);
        break;
      case 'listening':
        this.#nowListening(worker, message.addresses);
        break;
      case 'report':
        worker.received(message);
        break;
      case 'node-refused':
        this.#options.onNodeRefused(message.node);
        break;
      case 'fatal':
        worker.fatal = message.message;
        // Another worker would fare no better: a busy port stays busy.
        this.#settleStart?.reject(new StartFailure(message.message));
        break;
    }
  }

  #tellToStart(worker: WorkerProcess): void {
    if (this.#stopping) {
      worker.send({ type: 'shutdown', deadlineMs: 0 });
      return;
    }
    // Workers that ask for port 0 share one free port, but node:cluster forgets which when the last of them is gone.
    if (!this.workers.some((other) => other.started)) this.#config = this.#withKnownPorts();
    worker.started = true;
    worker.send({ type: 'start', config: this.#config, pool: this.#options.pool() });
  }

  #withKnownPorts(): ProxyConfig {
    const listeners = this.#config.listeners.map((listener, index) => ({
      host: listener.host,
      port: listener.port || (this.#addresses[index]?.port ?? 0),
    }));
    return { ...this.#config, listeners };
  }

  #nowListening(worker: WorkerProcess, addresses: readonly Address[]): void {
    worker.listeningSince = Date.now();
    this.#addresses = addresses;
    if (this.listening === this.#wanted) this.#settleStart?.resolve();
  }

  #exited(worker: WorkerProcess, how: string): void {
    this.#workers.delete(worker);
    this.#totals.retire(worker.lastReport);
    if (this.#stopping) {
      if (this.#workers.size === 0) this.#onAllGone?.();
      return;
    }
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
    this.#replaceAfter(delayMs);
  }

  #replaceAfter(delayMs: number): void {
    const replacement = setTimeout(() => {
      this.#replacements.delete(replacement);
      this.#restarts++;
      this.#fork();
    }, delayMs);
    this.#replacements.add(replacement);
  }

  async #refreshReports(): Promise<void> {
    const answers = Promise.all(this.workers.map((worker) => worker.refreshReport()));
    let deadline: NodeJS.Timeout | undefined;
    const tooLate = new Promise<void>((resolve) => {
      deadline = setTimeout(resolve, REPORT_DEADLINE_MS);
    });
    await Promise.race([answers, tooLate]);
    clearTimeout(deadline);
  }

  #broadcast(message: ToWorker): void {
    for (const worker of this.#workers) worker.send(message);
  }
}

/** Compiled, the program is `.js`; run from its sources, `.ts`. */
function ownWorkerFile(): string {
  return fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url));
}
