/** A simulated client: turn after turn until it is stopped. */
import { setTimeout as sleep } from 'node:timers/promises';

export abstract class Client {
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  start(): void {
    this.#running = this.#run();
  }

  /** Resolves when what is under way is over. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Never rejects for what a client has to expect. */
  protected abstract turn(stop: AbortSignal): Promise<void>;

  protected get stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Cut short when the client is stopped. */
  protected async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stop.signal }).catch(() => {});
  }

  async #run(): Promise<void> {
    while (!this.stopped) await this.turn(this.#stop.signal);
  }
}
