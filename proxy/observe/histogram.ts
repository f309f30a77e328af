/** A histogram of plain numbers for the hot path, in the shape that Prometheus exposes. */

/** Upper bounds in seconds: a node answers within milliseconds, a long poll within half a minute. */
export const BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300,
] as const;

export interface HistogramSnapshot {
  /** Observations in each bucket of `BUCKETS` (not cumulative), then those above the last bound. */
  readonly counts: readonly number[];
  /** Seconds. */
  readonly sum: number;
}

export class Histogram {
  readonly #counts = new Array<number>(BUCKETS.length + 1).fill(0);
  #sum = 0;

  observe(seconds: number): void {
    // Most values fall into the first buckets, so a scan from below beats a binary search.
    let bucket = 0;
    while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] ?? 0)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += seconds;
  }

  snapshot(): HistogramSnapshot {
    return { counts: [...this.#counts], sum: this.#sum };
  }
}

export function mergeHistograms(a: HistogramSnapshot, b: HistogramSnapshot): HistogramSnapshot {
  return { counts: a.counts.map((count, bucket) => count + (b.counts[bucket] ?? 0)), sum: a.sum + b.sum };
}
