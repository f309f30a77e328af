/** What one finished exchange was: the access log, the metrics and the tests read the same record. */
import type { RequestClass } from '../../config/request-classes.ts';
import type { DecidedBy, Verdict } from '../affinity/decision.ts';

/** Why an exchange ended; exactly one for each. */
export const TERMINATIONS = [
  'completed',
  'refused',
  'bad-request',
  'client-abort',
  'client-timeout',
  'client-stalled',
  'early-answer',
  'node-connect',
  'node-tls',
  'node-reset',
  'node-timeout',
  'node-truncated',
  'node-invalid',
  'node-ejected',
  'drained',
  'tunnel-closed',
  'tunnel-idle',
  'shutdown',
] as const;
export type Termination = (typeof TERMINATIONS)[number];

/** Lower-case hexadecimal. */
export interface TraceIds {
  readonly traceId: string;
  /** Of the span of this exchange; where it is not recorded, of a span that nobody sees. */
  readonly spanId: string;
  readonly recorded: boolean;
}

export interface ExchangeRecord {
  readonly requestId: string;
  readonly clientAddress: string;
  readonly method: string;
  /** As received (origin-form after normalising absolute-form); may hold a token: the log masks it. */
  readonly target: string;
  readonly token: string;
  /** Token of the session that its answer created; '' when it did not, or does not say. Never logged either. */
  readonly created: string;
  /** Alias of its session by the client's cookies: see `affinity/companion.ts`; '' for none. Nobody vouches for it. */
  readonly reference: string;
  /** '1.1', '1.0' or '2'. */
  readonly httpVersion: string;
  /** Status sent to the client; 0 when nothing was sent. */
  readonly status: number;
  /** Name of the node that answered or was tried last; '' for none. */
  readonly node: string;
  readonly class: RequestClass;
  readonly by: DecidedBy | '';
  readonly verdict: Verdict | '';
  readonly conflict: boolean;
  /** Nodes tried. */
  readonly attempts: number;
  readonly termination: Termination;
  /** Refusal code of the error table; '' for none. */
  readonly error: string;
  /** ms since the epoch. */
  readonly startedAt: number;
  /** All ms with fractions; -1 when it did not happen. */
  readonly durationMs: number;
  readonly connectMs: number;
  readonly firstByteMs: number;
  /** Request bytes read from and answer bytes written to the client, heads included. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly tunnel: boolean;
  /** undefined while tracing is off. */
  readonly trace: TraceIds | undefined;
}

/** The token by which an exchange is found again; '' when it names no session. */
export function tokenOf({ created, token }: Pick<ExchangeRecord, 'created' | 'token'>): string {
  return created === '' ? token : created;
}

/** The node did what it was asked for: 2xx, or it opened the tunnel. */
export function isSuccess(status: number): boolean {
  return status === 101 || (status >= 200 && status <= 299);
}
