/**
 * What traffic knows of tracing: a trace for each exchange, an attempt of it for each try of a node. The SDK behind
 * them is loaded when tracing is on, and only then.
 */
import type { Forward } from '../affinity/decision.ts';
import type { ExchangeRecord, TraceIds } from '../observe/record.ts';

/** Of the head of a request. */
export interface TracedHead {
  readonly method: string;
  /** As the request says it, '' for none. */
  readonly host: string;
  /** See `RequestHead`. */
  readonly traceparent: string;
  readonly tracestate: string;
}

export interface Tracing {
  /**
   * The trace that a request belongs to, or that begins with it.
   *
   * @param startedAt ms since the epoch
   * @param started the same moment by the monotonic clock
   */
  begin(head: TracedHead, scheme: 'http' | 'https', startedAt: number, started: number): ExchangeTrace;
}

export interface ExchangeTrace extends TraceIds {
  attempt(request: AttemptedRequest, decision: Forward): AttemptTrace;
  /** A 101 was sent: the tunnel is told of when it has ended. */
  upgraded(record: ExchangeRecord): void;
  ended(record: ExchangeRecord): void;
}

/** `attempts`: this one included. */
export type AttemptedRequest = Pick<ExchangeRecord, 'method' | 'token' | 'attempts'>;

export interface AttemptTrace {
  /** Lines of the head that the node gets, each with its CRLF. */
  readonly fields: string;
  /** `now`: ms of the monotonic clock. */
  connected(now: number): void;
  firstByte(now: number): void;
  /** `status`: 0 for no answer; `failure`: '' for none. Counts once. */
  ended(status: number, failure: string): void;
}
