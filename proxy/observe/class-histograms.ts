/**
 * A histogram for each class of request that there was one of: a long poll is held for half a minute on purpose, and
 * says nothing of what others take.
 */
import { REQUEST_CLASSES, type RequestClass } from '../../config/request-classes.ts';
import { BUCKETS, Histogram, type HistogramSnapshot, mergeHistograms } from './histogram.ts';
import { tabulate } from './labels.ts';
import type { TraceIds } from './record.ts';

/** Without those that there was nothing of. */
export type ClassHistogramsSnapshot = Readonly<Partial<Record<RequestClass, HistogramSnapshot>>>;

export class ClassHistograms {
  readonly #histograms: Record<RequestClass, Histogram | undefined> = tabulate(REQUEST_CLASSES, () => undefined);

  observe(requestClass: RequestClass, seconds: number, trace: TraceIds | undefined): void {
    let histogram = this.#histograms[requestClass];
    if (histogram === undefined) {
      histogram = new Histogram();
      this.#histograms[requestClass] = histogram;
    }
    histogram.observe(seconds, trace);
  }

  snapshot(): ClassHistogramsSnapshot {
    const snapshot: Partial<Record<RequestClass, HistogramSnapshot>> = {};
    for (const name of REQUEST_CLASSES) {
      const histogram = this.#histograms[name];
      if (histogram !== undefined) snapshot[name] = histogram.snapshot();
    }
    return snapshot;
  }
}

export function mergeClassHistograms(a: ClassHistogramsSnapshot, b: ClassHistogramsSnapshot): ClassHistogramsSnapshot {
  const merged: Partial<Record<RequestClass, HistogramSnapshot>> = {};
  for (const name of REQUEST_CLASSES) {
    const one = a[name];
    const other = b[name];
    const both = one && other ? mergeHistograms(one, other) : (one ?? other);
    if (both !== undefined) merged[name] = both;
  }
  return merged;
}

/** Observations in each bucket of all that no node holds back on purpose. */
export function ordinaryCounts(snapshot: ClassHistogramsSnapshot): HistogramSnapshot['counts'] {
  const sum = new Array<number>(BUCKETS.length + 1).fill(0);
  for (const name of REQUEST_CLASSES) {
    if (name === 'live') continue;
    for (const [bucket, count] of (snapshot[name]?.counts ?? []).entries()) sum[bucket] = (sum[bucket] ?? 0) + count;
  }
  return sum;
}
