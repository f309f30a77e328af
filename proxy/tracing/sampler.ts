/**
 * Which requests are recorded: what whoever began the trace has decided, else a share by the trace id, and no more of
 * both than so many a second. Anybody may send a traceparent that wants to be recorded, and spans cost more than
 * requests do.
 */
import { type Attributes, type Context, type Link, type SpanKind, trace } from '@opentelemetry/api';
import {
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import type { TracingConfig } from '../../config/proxy-schema.ts';
import { TokenBucket } from '../affinity/token-bucket.ts';

const NOT: SamplingResult = { decision: SamplingDecision.NOT_RECORD };

export class LimitedSampler implements Sampler {
  readonly #chosen: Sampler;
  readonly #bucket: TokenBucket;
  readonly #onLimited: () => void;

  constructor({ ratio, perSecond }: TracingConfig, onLimited: () => void) {
    this.#chosen = new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
    this.#bucket = new TokenBucket(perSecond, performance.now());
    this.#onLimited = onLimited;
  }

  shouldSample(
    context: Context,
    traceId: string,
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult {
    const result = this.#chosen.shouldSample(context, traceId, name, kind, attributes, links);
    if (result.decision !== SamplingDecision.RECORD_AND_SAMPLED) return result;
    const parent = trace.getSpanContext(context);
    // Spans of an exchange that is recorded are.
    if ((parent !== undefined && parent.isRemote !== true) || this.#bucket.take(performance.now())) return result;
    this.#onLimited();
    return NOT;
  }

  toString(): string {
    return `Limited{${this.#chosen.toString()}}`;
  }
}
