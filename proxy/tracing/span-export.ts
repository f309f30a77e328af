/**
 * Finished spans on their way to a collector: in batches, never waited for by traffic, never more than a few thousand.
 * Whatever the collector does (dead, slow, answers 500), spans that do not fit are dropped and counted.
 */
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace';
import type { Logger } from '../observe/log.ts';
import type { SpanCounts } from '../observe/span-counts.ts';

/** Those that wait; with what is under way some 5 MB. */
const MOST_QUEUED = 2048;
const BATCH = 512;
/** So soon a trace can be found. */
const DELAY_MS = 1_000;
/** The collector has as long as the exporter gives it, 10 s unless OTEL_EXPORTER_OTLP_TIMEOUT says otherwise. */
const GIVE_UP_MS = 30_000;
/** Batches under way: one, until it is given up, and at the end all that are left. */
const MOST_EXPORTS = 2 + MOST_QUEUED / BATCH;

type Done = Parameters<SpanExporter['export']>[1];

/** `ExportResultCode.SUCCESS` of the SDK. */
const SUCCESS = 0;

export class SpanExport implements SpanProcessor {
  readonly #counts: SpanCounts;
  readonly #logger: Pick<Logger, 'info' | 'warn'>;
  readonly #batches: BatchSpanProcessor;
  #exporter: OTLPTraceExporter | undefined;
  #endpoint = '';
  #queued = 0;
  #failing = false;

  constructor(counts: SpanCounts, logger: Pick<Logger, 'info' | 'warn'>) {
    this.#counts = counts;
    this.#logger = logger;
    this.#batches = new BatchSpanProcessor({
      maxQueueSize: MOST_QUEUED,
      maxExportBatchSize: BATCH,
      scheduledDelayMillis: DELAY_MS,
      exportTimeoutMillis: GIVE_UP_MS,
      exporter: {
        export: (spans, done) => this.#export(spans, done),
        shutdown: async () => this.#exporter?.shutdown(),
      },
    });
  }

  /** What has not been sent yet goes there as well. */
  sendTo(endpoint: string): void {
    if (endpoint === this.#endpoint) return;
    this.#endpoint = endpoint;
    this.#failing = false;
    // Headers, CA, timeout and compression are read from OTEL_EXPORTER_OTLP_*; the URL is not.
    this.#exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, concurrencyLimit: MOST_EXPORTS });
  }

  onStart(): void {}

  /** Drops what does not fit here, not in the batches, which would not tell. */
  onEnd(span: ReadableSpan): void {
    if (this.#queued >= MOST_QUEUED) {
      this.#counts.dropped++;
      return;
    }
    this.#queued++;
    this.#batches.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.#batches.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#batches.shutdown();
  }

  /** For the batches every export has succeeded: there is nothing that they could do about it. */
  #export(spans: ReadableSpan[], done: Done): void {
    this.#queued -= spans.length;
    const exported = (error: Error | undefined): void => {
      if (error === undefined) this.#counts.exported += spans.length;
      else this.#counts.failed += spans.length;
      this.#tell(error);
      done({ code: SUCCESS });
    };
    try {
      this.#exporter?.export(spans, ({ code, error }) => {
        exported(code === SUCCESS ? undefined : (error ?? new Error('the export failed')));
      });
    } catch (error) {
      exported(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Once for a failure that lasts. */
  #tell(error: Error | undefined): void {
    if (this.#failing === (error !== undefined)) return;
    this.#failing = error !== undefined;
    const endpoint = this.#endpoint;
    if (error === undefined) this.#logger.info({ endpoint }, 'spans are exported again');
    else this.#logger.warn({ endpoint, reason: error.message }, 'spans cannot be exported, traces have gaps');
  }
}
