/** What became of the spans of a worker, and of requests that were to have some. */
import type { Counts } from './labels.ts';

/**
 * - `exported`: the collector has taken it.
 * - `failed`: it has not, or did not answer.
 * - `dropped`: too many were waiting.
 */
export const SPAN_RESULTS = ['exported', 'failed', 'dropped'] as const;

/** `limited`: a request over `tracing.perSecond`, which has no span. */
export type SpanFate = (typeof SPAN_RESULTS)[number] | 'limited';

export class SpanCounts implements Counts<SpanFate> {
  exported = 0;
  failed = 0;
  dropped = 0;
  limited = 0;
}
