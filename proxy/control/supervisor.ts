/** Keeps the workers running: has them forked, tells them what to do, replaces those that die, and those of old. */
import { availableParallelism } from 'node:os';
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import type { Address, RunningWorker, WorkerNews } from '../anchor/messages.ts';
import { RestartBackoff } from '../anchor/restart-backoff.ts';
import type { Logger } from '../observe/log.ts';
import type { Sighting } from '../observe/sighting.ts';
import type { StatsSnapshot } from '../observe/snapshot.ts';
import { changeBetween } from '../pool/pool-change.ts';
import type { PoolSnapshot } from '../pool/view.ts';
import type { TlsMaterial } from '../tls/listener-tls.ts';
import type { AnchorLink } from './anchor-link.ts';
import { Crew } from './crew.ts';
import { type ListenerSocket, ListenerSockets } from './listener-sockets.ts';
import type { CrewMemo } from './memo.ts';
import type { FromWorker, NodeNews } from './messages.ts';
import { Recruits, type StartWith } from './recruits.ts';
import { Rollover } from './rollover.ts';
import { configForWorkers } from './worker-config.ts';
import type { WorkerProcess } from './worker-process.ts';

/** Until a worker that should have finished is killed. */
const KILL_AFTER_MS = 2000;
const MOST_DEATHS_AT_START = 5;

export interface SupervisorOptions {
  readonly config: ProxyConfig;
  readonly tls: TlsMaterial;
  readonly anchor: AnchorLink;
  /** The pool of now, for a worker that starts. */
  readonly pool: () => PoolSnapshot;
  readonly logger: Logger;
  /** `worker`: the pid of the one that tells. */
  readonly onNodeNews: (news: NodeNews, worker: number) => void;
  /** Of `SessionAliases`, for the workers. */
  readonly aliasKey: string;
  /** Of now; see `sessionKeysOf`. */
  readonly ticketSecret: () => string;
  readonly onSightings: (sightings: readonly Sighting[], skipped: number) => void;
  /** `last`: what it reported last. */
  readonly onWorkerDied: (last: StatsSnapshot) => void;
  /** As many workers as there should be accept connections. */
  readonly onWhole: () => void;
  /** `memo` is another one now. */
  readonly onMemo: () => void;
}

/** The workers cannot do their work; the message is one line for the operator. */
export class StartFailure extends Error {}

export class Supervisor {
  readonly crew: Crew;
  readonly #options: SupervisorOptions;
  readonly #recruits: Recruits;
  readonly #backoff = new RestartBackoff();
  readonly #rollover: Rollover<WorkerProcess>;
  readonly #replacements = new Set<NodeJS.Timeout>();
  #sockets: ListenerSockets;
  /** Before this primary took over. */
  #opened: readonly ListenerSocket[] = [];
  #config: ProxyConfig;
  #tls: TlsMaterial;
  #wanted: number;
  /** The last that workers were told. */
  #published: PoolSnapshot | undefined;
  #restarts = 0;
  #stopping = false;
  #settleStart: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;
  #onAllGone: (() => void) | undefined;

  /** `held`: the sockets that there are as this primary begins. */
  constructor(options: SupervisorOptions, held: CrewMemo['sockets'] | undefined) {
    const { config, tls, anchor, logger, aliasKey, ticketSecret } = options;
    this.#options = options;
    this.#config = config;
    this.#tls = tls;
    this.#wanted = wantedBy(config);
    this.#sockets = new ListenerSockets(anchor, held);
    const nodeNames = config.nodes.map((node) => node.name);
    this.crew = new Crew(nodeNames);
    this.#recruits = new Recruits({ anchor, crew: this.crew, aliasKey, ticketSecret, nodeNames });
    this.#rollover = new Rollover({
      serving: () => this.crew.serving,
      logger,
      fork: () => this.#fork(),
      retire: (worker) => this.#retire(worker),
      wanted: () => (this.#stopping ? 0 : this.#wanted),
      replacements: () => this.#replacements.size,
    });
    anchor.watchWorkers((news) => this.#heard(news));
  }

  get restarts(): number {
    return this.#restarts;
  }

  get memo(): CrewMemo {
    return { sockets: [...this.#sockets.current], workers: this.crew.workers.map((worker) => worker.memo) };
  }

  /** Where workers accept connections, in the order of the configuration. */
  get addresses(): readonly Address[] {
    return this.#sockets.current.map(({ host, port }) => ({ host, port }));
  }

  /** Before `start`: the same configuration, with nodes that were found since. */
  know(config: ProxyConfig): void {
    this.#config = config;
  }

  /** Opens the sockets of the listeners, without any effect on those there are. Rejects with the system's error. */
  async prepare(): Promise<void> {
    const { sockets } = await this.#sockets.prepare(this.#config.listeners);
    this.#opened = sockets.filter((socket) => !this.#sockets.current.includes(socket));
  }

  /**
   * Resolves once all workers accept connections. Rejects with a `StartFailure` when they cannot, and leaves none
   * running. Those of a primary before this one serve as they are, until `renew`.
   */
  async start(running: readonly RunningWorker[], memo: CrewMemo | undefined): Promise<void> {
    this.#sockets = new ListenerSockets(this.#options.anchor, [...(memo?.sockets ?? []), ...this.#opened]);
    for (const worker of running) {
      const adopted = this.#recruits.adopt(worker, memo);
      if (adopted.retiring) this.#killUnlessFinished(adopted);
    }
    if (this.crew.serving.length > 0) this.#options.onMemo();
    else await this.#startFirst();
    this.crew.startRefreshing();
  }

  publish(pool: PoolSnapshot): void {
    const change = this.#published && changeBetween(this.#published, pool);
    this.#published = pool;
    this.crew.publish(pool, change);
  }

  /**
   * Gives all workers another configuration. With `roll`, or when it has other listeners, new workers take over one by
   * one: each new one accepts connections before an old one stops to.
   *
   * @param tls what was read of the files that it names
   * @param pool for the first new worker, which has to show that it can listen before anything else happens: if it
   *   cannot, this rejects with a `StartFailure` and all is as it was
   * @param commit called at the point of no return; the pool that goes with the configuration
   */
  async reconfigure(
    config: ProxyConfig,
    {
      tls,
      pool,
      roll,
      commit,
    }: {
      readonly tls: TlsMaterial;
      readonly pool: PoolSnapshot;
      readonly roll: boolean;
      readonly commit: () => PoolSnapshot;
    },
  ): Promise<void> {
    const prepared = await this.#sockets.prepare(config.listeners);
    if (roll) {
      try {
        await this.#forerun({ config, tls, pool, sockets: prepared.sockets });
      } catch (error) {
        prepared.discard();
        throw error;
      }
    }
    this.#config = config;
    this.#tls = tls;
    this.#wanted = wantedBy(config);
    prepared.commit();
    this.#options.onMemo();
    const material = { ...tls, ticketSecret: this.#options.ticketSecret() };
    const committed = commit();
    this.#published = committed;
    const message = { type: 'config', config: configForWorkers(config), tls: material, pool: committed } as const;
    this.crew.reconfigure(message);
    if (roll) await this.#rollover.replaceOld();
    else await this.#rollover.resize();
    this.#tellIfWhole();
  }

  /** Replaces all workers by new ones, which run the program as it is on the disk now. */
  async renew(): Promise<void> {
    const prepared = await this.#sockets.prepare(this.#config.listeners);
    await this.#forerun({ ...this.#now, sockets: prepared.sockets });
    prepared.commit();
    this.#options.onMemo();
    await this.#rollover.replaceOld();
    this.#tellIfWhole();
  }

  /** Resolves when no worker is left: those that are not done after `deadlineMs` cut off what they still do. */
  async shutdown(deadlineMs: number): Promise<void> {
    this.#stopping = true;
    this.crew.stopRefreshing();
    for (const replacement of this.#replacements) clearTimeout(replacement);
    // Or clients would go on to connect, and wait for nobody.
    this.#sockets.releaseAll();
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

  async #startFirst(): Promise<void> {
    try {
      const prepared = await this.#sockets.prepare(this.#config.listeners);
      prepared.commit();
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
  }

  /** The first worker of the next generation, and with it the proof that there can be one. */
  async #forerun(start: StartWith): Promise<void> {
    const worker = this.#fork(this.#rollover.generation + 1, start);
    if (await this.#rollover.listens(worker)) this.#rollover.begin();
    else throw new StartFailure(worker.fatal || 'a new worker died before it could listen');
  }

  /** It accepts nothing more, and ends when all that it has is finished. */
  #retire(worker: WorkerProcess): void {
    worker.retiring = true;
    worker.send({ type: 'retire', deadlineMs: this.#config.timeouts.retire });
    this.#options.logger.info({ pid: worker.pid }, 'a worker accepts nothing more and finishes what it has');
    this.#killUnlessFinished(worker);
    this.#options.onMemo();
  }

  #killUnlessFinished(worker: WorkerProcess): void {
    const { retire, shutdown } = this.#config.timeouts;
    worker.killUnlessGoneIn(retire + shutdown + KILL_AFTER_MS);
  }

  #fork(generation = this.#rollover.generation, start?: StartWith): WorkerProcess {
    return this.#recruits.fork(generation, start?.sockets ?? this.#sockets.current, start);
  }

  #heard(news: WorkerNews): void {
    const worker = this.crew.of(news.worker);
    if (worker === undefined) return;
    if (news.type === 'forked') worker.pid = news.pid;
    else if (news.type === 'said') this.#received(worker, news.message as FromWorker);
    else this.#exited(worker, news);
  }

  #received(worker: WorkerProcess, message: FromWorker): void {
    switch (message.type) {
      case 'booted':
        this.#tellToStart(worker);
        break;
      case 'listening':
        worker.nowListens();
        this.#options.onMemo();
        this.#tellIfWhole();
        break;
      case 'report-piece':
        worker.receivedPiece(message);
        break;
      case 'report':
        worker.received(message);
        break;
      case 'trail':
        worker.receivedTrail(message);
        break;
      case 'explanation':
        worker.receivedExplanation(message);
        break;
      case 'sightings':
        this.#options.onSightings(message.sightings, message.skipped);
        break;
      case 'node-refused':
      case 'suspect':
      case 'signs':
        this.#options.onNodeNews(message, worker.pid);
        break;
      case 'spending':
        for (const other of this.crew.workers) if (other !== worker) other.send(message);
        break;
      case 'fatal':
        worker.fatal = message.message;
        // Another worker would fare no better.
        this.#settleStart?.reject(new StartFailure(message.message));
        break;
    }
  }

  #tellToStart(worker: WorkerProcess): void {
    if (this.#stopping || worker.retiring) {
      worker.send({ type: 'shutdown', deadlineMs: 0 });
      return;
    }
    this.#recruits.tellToStart(worker, this.#now);
    this.#options.onMemo();
  }

  get #now(): Omit<StartWith, 'sockets'> {
    return { config: this.#config, tls: this.#tls, pool: this.#options.pool() };
  }

  #tellIfWhole(): void {
    if (this.crew.listening < this.#wanted) return;
    this.#settleStart?.resolve();
    this.#options.onWhole();
  }

  #exited(worker: WorkerProcess, { code, signal }: Extract<WorkerNews, { type: 'exited' }>): void {
    worker.exited();
    this.crew.remove(worker);
    this.#recruits.gone(worker);
    if (this.#stopping) {
      if (this.crew.size === 0) this.#onAllGone?.();
      return;
    }
    this.#options.onMemo();
    const { pid, fatal, generation, lastReport } = worker;
    const how = signal ?? `code ${code}`;
    if (worker.retiring && code === 0) {
      this.#options.logger.info({ pid }, 'a worker has finished what it had');
      return;
    }
    if (worker.retiring) {
      this.#options.logger.error({ pid, how, reason: fatal || undefined }, 'a worker died with what it had to finish');
      this.#options.onWorkerDied(lastReport.stats);
      this.#tellIfWhole();
      return;
    }
    // Whoever forked it for a trial hears of it.
    if (generation > this.#rollover.generation) return;
    const delayMs = this.#backoff.delayAfter(
      worker.listeningSince === undefined ? 0 : Date.now() - worker.listeningSince,
    );
    if (this.#settleStart && this.#backoff.earlyDeaths >= MOST_DEATHS_AT_START) {
      this.#settleStart.reject(new StartFailure(`the workers keep dying as they start (${how})`));
      return;
    }
    this.#options.logger.error({ pid, how, reason: fatal || undefined, delayMs }, 'a worker died and is replaced');
    this.#options.onWorkerDied(lastReport.stats);
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
