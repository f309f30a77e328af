/** A trace that this proxy records nothing of: the nodes hear of it, and the log has its id. */
import type { AttemptTrace, ExchangeTrace } from './trace.ts';

export class PassedTrace implements ExchangeTrace, AttemptTrace {
  readonly recorded = false;
  readonly traceId: string;
  readonly spanId: string;
  readonly fields: string;

  constructor(traceId: string, spanId: string, fields: string) {
    this.traceId = traceId;
    this.spanId = spanId;
    this.fields = fields;
  }

  attempt(): AttemptTrace {
    return this;
  }

  connected(): void {}

  firstByte(): void {}

  upgraded(): void {}

  ended(): void {}
}
