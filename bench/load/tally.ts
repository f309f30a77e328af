/** Counts answers and the time they took. */
import { createHistogram } from 'node:perf_hooks';
import type { LoadOutcome } from './load.ts';

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
