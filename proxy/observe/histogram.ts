/** A histogram of plain numbers for the hot path, in the shape that Prometheus exposes. */
import type { TraceIds } from './record.ts';

/** Upper bounds in seconds: a node answers within milliseconds, a long poll within half a minute. */
export const BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300,
] as const;

/** The last recorded trace whose value fell into a bucket. */
export interface Exemplar {
  /** Index in `counts`. */
  readonly bucket: number;
  readonly traceId: string;
  /** Seconds. */
  readonly value: number;
  /** ms since the epoch. */
  readonly at: number;
}

export interface HistogramSnapshot {
  /** Observations in each bucket of `BUCKETS` (not cumulative), then those above the last bound. */
  readonly counts: readonly number[];
  /** Seconds. */
  readonly sum: number;
  /** One for a bucket at most; absent when there is none. */
  readonly exemplars?: readonly Exemplar[];
}

export class Histogram {
  readonly #counts = new Array<number>(BUCKETS.length + 1).fill(0);
  #sum = 0;
  #exemplars: (Exemplar | undefined)[] | undefined;

  observe(seconds: number, trace: TraceIds | undefined): void {
    // Most values fall into the first buckets, so a scan from below beats a binary search.
    let bucket = 0;
    while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] ?? 0)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += seconds;
    if (trace?.recorded) {
      this.#exemplars ??= [];
      this.#exemplars[bucket] = { bucket, traceId: trace.traceId, value: seconds, at: Date.now() };
    }
  }

  snapshot(): HistogramSnapshot {
    const counts = [...this.#counts];
    if (this.#exemplars === undefined) return { counts, sum: this.#sum };
    return { counts, sum: this.#sum, exemplars: this.#exemplars.filter((exemplar) => exemplar !== undefined) };
  }
}

export function mergeHistograms(a: HistogramSnapshot, b: HistogramSnapshot): HistogramSnapshot {
  const merged = { counts: a.counts.map((count, bucket) => count + (b.counts[bucket] ?? 0)), sum: a.sum + b.sum };
  const exemplars = latest(a.exemplars, b.exemplars);
  return exemplars === undefined ? merged : { ...merged, exemplars };
}

function latest(a: HistogramSnapshot['exemplars'], b: HistogramSnapshot['exemplars']): HistogramSnapshot['exemplars'] {
  if (a === undefined || b === undefined) return a ?? b;
  const byBucket = new Map(a.map((exemplar) => [exemplar.bucket, exemplar]));
  for (const exemplar of b) {
    const other = byBucket.get(exemplar.bucket);
    if (other === undefined || other.at < exemplar.at) byBucket.set(exemplar.bucket, exemplar);
  }
  return [...byBucket.values()];
}
