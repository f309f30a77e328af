/** How workers come to the crew: forked and told to start, or left by the primary before this one. */
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import type { RunningWorker } from '../anchor/messages.ts';
import type { PoolSnapshot } from '../pool/view.ts';
import type { TlsMaterial } from '../tls/listener-tls.ts';
import type { AnchorLink } from './anchor-link.ts';
import type { Crew } from './crew.ts';
import type { ListenerSocket } from './listener-sockets.ts';
import type { CrewMemo } from './memo.ts';
import { emptyReport } from './report-totals.ts';
import { configForWorkers } from './worker-config.ts';
import { WorkerProcess } from './worker-process.ts';

/** Of workers that a primary before this one has left. */
const ADOPTED_GENERATION = 0;

/** What a worker begins with. */
export interface StartWith {
  readonly config: ProxyConfig;
  readonly tls: TlsMaterial;
  readonly pool: PoolSnapshot;
  readonly sockets: readonly ListenerSocket[];
}

export interface RecruitsOptions {
  readonly anchor: AnchorLink;
  readonly crew: Crew;
  /** Of `SessionAliases`. */
  readonly aliasKey: string;
  /** Of now. */
  readonly ticketSecret: () => string;
  readonly nodeNames: readonly string[];
}

export class Recruits {
  readonly #options: RecruitsOptions;
  /** For those that have not booted yet, by id; others begin with what holds by then. */
  readonly #starts = new Map<number, StartWith>();
  #lastId = 0;

  constructor(options: RecruitsOptions) {
    this.#options = options;
  }

  /** `start`: what it is told to begin with, in the place of what holds when it has booted. */
  fork(generation: number, sockets: readonly ListenerSocket[], start?: StartWith): WorkerProcess {
    const worker = this.#make(this.#lastId + 1, generation);
    if (start !== undefined) this.#starts.set(worker.id, start);
    this.#options.anchor.fork(
      worker.id,
      sockets.map(({ id }) => id),
    );
    return worker;
  }

  adopt(running: RunningWorker, memo: CrewMemo | undefined): WorkerProcess {
    const worker = this.#make(running.id, ADOPTED_GENERATION);
    const remembered = memo?.workers.find(({ id }) => id === running.id);
    worker.adopt(running, remembered ?? { started: false, retiring: false });
    return worker;
  }

  /** It has booted. `now`: what holds. */
  tellToStart(worker: WorkerProcess, now: Omit<StartWith, 'sockets'>): void {
    const { config, tls, pool } = this.#starts.get(worker.id) ?? now;
    const { aliasKey, ticketSecret } = this.#options;
    this.#starts.delete(worker.id);
    worker.started = true;
    worker.poolVersion = pool.version;
    worker.send({
      type: 'start',
      config: configForWorkers(config),
      tls: { ...tls, ticketSecret: ticketSecret() },
      pool,
      aliasKey,
    });
  }

  gone(worker: WorkerProcess): void {
    this.#starts.delete(worker.id);
  }

  #make(id: number, generation: number): WorkerProcess {
    this.#lastId = Math.max(this.#lastId, id);
    const { anchor, crew, nodeNames } = this.#options;
    const worker = new WorkerProcess({ id, generation, anchor, nothingYet: emptyReport(nodeNames) });
    crew.add(worker);
    return worker;
  }
}
