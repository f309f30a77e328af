/** Counts answers and the time they took. */
import { createHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadOutcome } from './load.ts';

/** For the first outcome, where nothing has come of a load in its time. */
const PATIENCE_MS = 60_000;
const LOOK_MS = 10;

export class Tally {
  #requests = 0;
  #failures = 0;
  readonly #nanos = createHistogram();

  answered(status: number, millis: number): void {
    if (status < 200 || status > 299) {
      this.#failures++;
      return;
    }
    this.#requests++;
    this.#nanos.record(Math.max(1, Math.round(millis * 1e6)));
  }

  failed(): void {
    this.#failures++;
  }

  /**
   * Resolves when the time is over. A time in which nothing came of a load says nothing: it then lasts until the first.
   */
  async over(seconds: number): Promise<void> {
    const began = performance.now();
    await sleep(seconds * 1_000);
    while (this.#requests + this.#failures === 0 && performance.now() - began < PATIENCE_MS) await sleep(LOOK_MS);
  }

  outcome(seconds: number): LoadOutcome {
    const p50 = this.micros(50);
    const p99 = this.micros(99);
    return { requests: this.#requests, seconds, p50, p99, failures: this.#failures };
  }

  /** What so many percent of the answers did not exceed. */
  micros(percent: number): number {
    return this.#nanos.percentile(percent) / 1_000;
  }
}
