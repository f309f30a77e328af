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
    const micros = (percent: number): number => this.#nanos.percentile(percent) / 1_000;
    return { requests: this.#requests, seconds, p50: micros(50), p99: micros(99), failures: this.#failures };
  }
}
