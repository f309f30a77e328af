/**
 * The spans of one exchange that is recorded: one of the server, which ends with the answer or with the 101, one of the
 * client for each node that was tried, and one of the tunnel. Attributes are those of the semantic conventions for
 * HTTP, and of ours `cobrowse.*`; none holds a token, a query, a cookie or a body.
 */
import {
  type Attributes,
  type Context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_HTTP_REQUEST_RESEND_COUNT,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_FULL,
  ATTR_URL_PATH,
  ATTR_URL_SCHEME,
} from '@opentelemetry/semantic-conventions';
import { type Forward, targetFor } from '../affinity/decision.ts';
import { SAMPLED, type TraceContext, traceFields } from '../http/trace-context.ts';
import type { PathMask } from '../observe/path-mask.ts';
import { maskedPath, printable } from '../observe/printable.ts';
import type { ExchangeRecord } from '../observe/record.ts';
import { aliasShown } from '../observe/session-alias.ts';
import type { AttemptedRequest, AttemptTrace, ExchangeTrace } from './trace.ts';

export interface SpanSource {
  readonly tracer: Tracer;
  readonly pathMask: () => PathMask;
  /** See `AccessLogOptions`. */
  readonly aliasOf: (token: string) => string;
}

/** Characters of a path; as in the access log. */
const LONGEST_PATH = 1500;

export interface TraceBeginning {
  readonly context: Context;
  readonly parent: TraceContext | undefined;
  readonly scheme: 'http' | 'https';
  readonly host: string;
  /** From the monotonic clock to ms since the epoch: one for all spans, so that they lie within each other. */
  readonly offset: number;
}

/** Any other is `_OTHER`, so that nobody makes up names of spans. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']);

export class RecordedTrace implements ExchangeTrace {
  readonly recorded = true;
  readonly traceId: string;
  readonly spanId: string;
  readonly #source: SpanSource;
  readonly #span: Span;
  readonly #context: Context;
  readonly #offset: number;
  readonly #flags: number;
  readonly #state: string;
  #upgradedAt = 0;

  constructor(source: SpanSource, span: Span, { context, parent, scheme, host, offset }: TraceBeginning) {
    const { traceId, spanId } = span.spanContext();
    this.traceId = traceId;
    this.spanId = spanId;
    this.#source = source;
    this.#span = span;
    this.#context = trace.setSpan(context, span);
    this.#offset = offset;
    this.#flags = (parent?.flags ?? 0) | SAMPLED;
    this.#state = parent?.state ?? '';
    span.setAttribute(ATTR_URL_SCHEME, scheme);
    if (host !== '') span.setAttributes(addressOf(host));
  }

  attempt({ method, token, attempts }: AttemptedRequest, decision: Forward): AttemptTrace {
    const { node } = decision;
    const path = this.#pathOf({ target: targetFor(decision, node), token, class: decision.class });
    const span = this.#source.tracer.startSpan(
      nameOf(method),
      {
        kind: SpanKind.CLIENT,
        startTime: this.#timeOf(performance.now()),
        attributes: {
          ...methodOf(method),
          [ATTR_URL_FULL]: `${node.scheme}://${node.authority}${path}`,
          [ATTR_SERVER_ADDRESS]: node.host,
          [ATTR_SERVER_PORT]: node.port,
          [ATTR_NETWORK_PROTOCOL_VERSION]: '1.1',
          ...(attempts > 1 && { [ATTR_HTTP_REQUEST_RESEND_COUNT]: attempts - 1 }),
          'cobrowse.node': node.name,
        },
      },
      this.#context,
    );
    const fields = traceFields(this.traceId, span.spanContext().spanId, this.#flags, this.#state);
    return new RecordedAttempt(span, this.#offset, fields);
  }

  upgraded(record: ExchangeRecord): void {
    this.#upgradedAt = performance.now();
    this.#end(record, this.#upgradedAt);
  }

  ended(record: ExchangeRecord): void {
    const now = performance.now();
    if (this.#upgradedAt === 0) this.#end(record, now);
    else this.#tellOfTunnel(record, now);
  }

  #end(record: ExchangeRecord, now: number): void {
    const span = this.#span;
    const { status, termination, error, attempts } = record;
    span.updateName(`${nameOf(record.method)} ${record.class}`);
    span.setAttributes({
      ...methodOf(record.method),
      [ATTR_URL_PATH]: this.#pathOf(record),
      [ATTR_CLIENT_ADDRESS]: record.clientAddress,
      [ATTR_NETWORK_PROTOCOL_VERSION]: record.httpVersion,
      ...(status > 0 && { [ATTR_HTTP_RESPONSE_STATUS_CODE]: status }),
      ...this.#sessionOf(record),
      'cobrowse.request_id': record.requestId,
      'cobrowse.class': record.class,
      'cobrowse.attempts': attempts,
      'cobrowse.termination': termination,
    });
    if (record.node !== '') span.setAttribute('cobrowse.node', record.node);
    if (record.by !== '') span.setAttribute('cobrowse.decision.by', record.by);
    if (record.verdict !== '') span.setAttribute('cobrowse.decision.verdict', record.verdict);
    if (record.conflict) span.setAttribute('cobrowse.decision.conflict', true);
    if (error !== '') span.setAttribute('cobrowse.error', error);
    // The client's own mistakes are no errors of the server.
    if (status >= 500 || FAILED.has(termination)) {
      span.setAttribute(ATTR_ERROR_TYPE, error || (FAILED.has(termination) ? termination : String(status)));
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end(this.#timeOf(now));
  }

  #tellOfTunnel(record: ExchangeRecord, now: number): void {
    const startTime = this.#timeOf(this.#upgradedAt);
    const attributes = {
      ...this.#sessionOf(record),
      'cobrowse.node': record.node,
      'cobrowse.termination': record.termination,
      'cobrowse.bytes_in': record.bytesIn,
      'cobrowse.bytes_out': record.bytesOut,
    };
    this.#source.tracer.startSpan('tunnel', { startTime, attributes }, this.#context).end(this.#timeOf(now));
  }

  /** The token of a stop is its user's: it does not lead to the session. */
  #sessionOf(record: ExchangeRecord): Attributes {
    const alias = aliasShown(record, this.#source.aliasOf);
    return alias === undefined ? {} : { [record.class === 'user' ? 'cobrowse.user' : 'cobrowse.session']: alias };
  }

  #pathOf(request: Pick<ExchangeRecord, 'target' | 'token' | 'class'>): string {
    return printable(maskedPath(request, this.#source.pathMask()), LONGEST_PATH);
  }

  #timeOf(now: number): number {
    return this.#offset + now;
  }
}

/** The answer did not come to its end, and not for the client's sake. */
const FAILED: ReadonlySet<string> = new Set([
  'node-connect',
  'node-tls',
  'node-reset',
  'node-timeout',
  'node-truncated',
  'node-invalid',
  'node-ejected',
]);

class RecordedAttempt implements AttemptTrace {
  readonly fields: string;
  readonly #span: Span;
  readonly #offset: number;

  constructor(span: Span, offset: number, fields: string) {
    this.#span = span;
    this.#offset = offset;
    this.fields = fields;
  }

  connected(now: number): void {
    this.#span.addEvent('connected', this.#offset + now);
  }

  firstByte(now: number): void {
    this.#span.addEvent('first byte', this.#offset + now);
  }

  ended(status: number, failure: string): void {
    const span = this.#span;
    if (!span.isRecording()) return;
    if (status > 0) span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
    const error = failure !== '' ? failure : status >= 400 ? String(status) : '';
    if (error !== '') {
      span.setAttribute(ATTR_ERROR_TYPE, error);
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end(this.#offset + performance.now());
  }
}

function nameOf(method: string): string {
  return METHODS.has(method) ? method : 'HTTP';
}

function methodOf(method: string) {
  return METHODS.has(method)
    ? { [ATTR_HTTP_REQUEST_METHOD]: method }
    : { [ATTR_HTTP_REQUEST_METHOD]: '_OTHER', [ATTR_HTTP_REQUEST_METHOD_ORIGINAL]: method };
}

/** Of a Host header that is one. */
function addressOf(host: string) {
  const colon = host.endsWith(']') ? -1 : host.lastIndexOf(':');
  const name = (colon < 0 ? host : host.slice(0, colon)).replace(/^\[|\]$/g, '');
  const port = colon < 0 ? 0 : Number(host.slice(colon + 1));
  return { [ATTR_SERVER_ADDRESS]: name, ...(port > 0 && { [ATTR_SERVER_PORT]: port }) };
}
