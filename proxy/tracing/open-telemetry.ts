/**
 * Tracing by the SDK of OpenTelemetry. Nothing else imports it, and this is imported when tracing is first switched on.
 */
import { hostname } from 'node:os';
import {
  type Context,
  createTraceState,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  SpanKind,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions';
import type { TracingConfig } from '../../config/proxy-schema.ts';
import { readTraceContext, SAMPLED, type TraceContext, traceFields } from '../http/trace-context.ts';
import type { Logger } from '../observe/log.ts';
import type { PathMask } from '../observe/path-mask.ts';
import type { SpanCounts } from '../observe/span-counts.ts';
import { PassedTrace } from './passed-trace.ts';
import { RecordedTrace, type SpanSource } from './recorded-trace.ts';
import { LimitedSampler } from './sampler.ts';
import { SpanExport } from './span-export.ts';
import type { ExchangeTrace, TracedHead, Tracing } from './trace.ts';

export interface OpenTelemetryOptions {
  readonly version: string;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly counts: SpanCounts;
  /** As in the access log. */
  readonly pathMask: () => PathMask;
  readonly aliasOf: (token: string) => string;
}

/**
 * What a worker has of it, whatever the configuration: spans that are under way at a reload go where the next ones go.
 */
export class OpenTelemetry {
  readonly #options: OpenTelemetryOptions;
  readonly #export: SpanExport;

  constructor(options: OpenTelemetryOptions) {
    this.#options = options;
    this.#export = new SpanExport(options.counts, options.logger);
    tellOfSdk(options.logger);
  }

  tracing(config: TracingConfig): Tracing {
    const { version, counts, pathMask, aliasOf } = this.#options;
    this.#export.sendTo(config.endpoint);
    const provider = new TracerProvider({
      // Beginning with what OTEL_RESOURCE_ATTRIBUTES says.
      resource: defaultResource()
        .merge(detectResources({ detectors: [envDetector] }))
        .merge(
          resourceFromAttributes({
            [ATTR_SERVICE_NAME]: config.serviceName,
            [ATTR_SERVICE_VERSION]: version,
            'host.name': hostname(),
            'process.pid': process.pid,
          }),
        ),
      sampler: new LimitedSampler(config, () => {
        counts.limited++;
      }),
      spanProcessors: [this.#export],
    });
    return new SdkTracing({ tracer: provider.getTracer('cobrowse-proxy', version), pathMask, aliasOf });
  }

  /** Sends what is left. Never rejects. */
  async close(): Promise<void> {
    await this.#export.shutdown().catch(() => {});
  }
}

class SdkTracing implements Tracing {
  readonly #source: SpanSource;
  readonly #tracer: Tracer;

  constructor(source: SpanSource) {
    this.#source = source;
    this.#tracer = source.tracer;
  }

  begin(head: TracedHead, scheme: 'http' | 'https', startedAt: number, started: number): ExchangeTrace {
    const parent = readTraceContext(head.traceparent, head.tracestate);
    if (parent !== undefined && (parent.flags & SAMPLED) === 0) return passedOn(parent);
    const context = parent === undefined ? ROOT_CONTEXT : contextOf(parent);
    const span = this.#tracer.startSpan(head.method, { kind: SpanKind.SERVER, startTime: startedAt }, context);
    if (span.isRecording()) {
      return new RecordedTrace(this.#source, span, {
        context,
        parent,
        scheme,
        host: head.host,
        offset: startedAt - started,
      });
    }
    // Over the limit: whoever is asked next still knows who asked, and may record.
    if (parent !== undefined) return passedOn(parent);
    const { traceId, spanId } = span.spanContext();
    return new PassedTrace(traceId, spanId, traceFields(traceId, spanId, 0, ''));
  }
}

function passedOn({ traceId, parentId, flags, state }: TraceContext): ExchangeTrace {
  return new PassedTrace(traceId, parentId, traceFields(traceId, parentId, flags, state));
}

function contextOf({ traceId, parentId, state }: TraceContext): Context {
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId: parentId,
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
    ...(state !== '' && { traceState: createTraceState(state) }),
  });
}

/** What the SDK has to say, mostly of its variables that it does not understand; once each. */
function tellOfSdk(logger: Pick<Logger, 'warn'>): void {
  const told = new Set<string>();
  const tell = (message: string): void => {
    if (told.has(message) || told.size >= MOST_TOLD) return;
    told.add(message);
    logger.warn(`OpenTelemetry: ${message}`);
  };
  const nothing = (): void => {};
  diag.setLogger(
    { error: tell, warn: tell, info: nothing, debug: nothing, verbose: nothing },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}

const MOST_TOLD = 20;
