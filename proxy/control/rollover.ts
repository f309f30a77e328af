/** How workers are replaced and how many there are: one new worker that listens, then one old worker less. */
import type { Logger } from '../observe/log.ts';
import type { WorkerProcess } from './worker-process.ts';

/** Until a worker that should listen is given up. */
const LISTEN_DEADLINE_MS = 30_000;

type Replaceable = Pick<WorkerProcess, 'generation' | 'listens' | 'kill'>;

export interface RolloverOptions<Worker extends Replaceable> {
  /** Workers that accept connections or are about to, oldest first. */
  readonly serving: () => readonly Worker[];
  readonly logger: Logger;
  /** A new worker of the generation of now. */
  readonly fork: () => Worker;
  readonly retire: (worker: Worker) => void;
  /** How many there should be; 0 when nothing is to be begun any more. */
  readonly wanted: () => number;
  /** How many that died are about to be replaced. */
  readonly replacements: () => number;
}

export class Rollover<Worker extends Replaceable> {
  readonly #options: RolloverOptions<Worker>;
  /** Workers of a lower one are to be replaced. */
  #generation = 1;

  constructor(options: RolloverOptions<Worker>) {
    this.#options = options;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Begins a new generation, whose first worker listens already: all that are older are to go. */
  begin(): void {
    this.#generation++;
  }

  /** Replaces all that are old. Those for which no new one comes to listen stay, rather than nobody. */
  async replaceOld(): Promise<void> {
    const { fork, retire, wanted, logger } = this.#options;
    for (let made = 1; made < wanted(); made++) {
      const [oldest] = this.#old();
      if (oldest !== undefined) retire(oldest);
      if (await this.listens(fork())) continue;
      if (wanted() === 0) return;
      logger.error('a new worker died before it could listen: those that are left of the old ones stay');
      return;
    }
    if (wanted() === 0) return;
    for (const worker of this.#old()) retire(worker);
    await this.resize();
  }

  /** As many workers as there should be: of those that are too many the youngest retire. */
  async resize(): Promise<void> {
    const { fork, retire, wanted, replacements } = this.#options;
    if (wanted() === 0) return;
    const serving = this.#options.serving();
    const missing = wanted() - serving.length - replacements();
    for (const worker of serving.slice(wanted())) retire(worker);
    await Promise.all(Array.from({ length: Math.max(0, missing) }, () => this.listens(fork())));
  }

  /** Whether it came to accept connections. */
  async listens(worker: Worker): Promise<boolean> {
    const deadline = setTimeout(() => worker.kill(), LISTEN_DEADLINE_MS);
    const listens = await worker.listens;
    clearTimeout(deadline);
    return listens;
  }

  #old(): readonly Worker[] {
    return this.#options.serving().filter(({ generation }) => generation < this.#generation);
  }
}
