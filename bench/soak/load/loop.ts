/** One client that does the same again and again, with a short pause, until it is stopped. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../random.ts';
import type { Tally } from './tally.ts';

export type LoopOptions = { readonly port: number; readonly tally: Tally; readonly random: Random };

export abstract class Loop {
  protected readonly port: number;
  protected readonly tally: Tally;
  protected readonly random: Random;
  readonly #abort = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor({ port, tally, random }: LoopOptions) {
    this.port = port;
    this.tally = tally;
    this.random = random;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Resolves when what is under way is over. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    this.ended();
  }

  protected abstract readonly pauseMs: number;
  /** Never rejects for what a client has to expect. */
  protected abstract once(): Promise<void>;

  protected ended(): void {}

  protected get stopped(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Cut short when the loop is stopped. */
  protected async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#abort.signal }).catch(() => {});
  }

  async #run(): Promise<void> {
    while (!this.stopped) {
      await this.once();
      await this.pause(this.random.between(0, 2 * this.pauseMs));
    }
  }
}
