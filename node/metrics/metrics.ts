/** Counts what happens, and shows it and the state of the node in Prometheus' text format. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ErrorCode } from '../errors.ts';
import type { EndCause } from '../sessions/session.ts';
import {
  COUNTED,
  type CountedMetric,
  METRIC_PREFIX,
  READ,
  type ReadMetric,
  type RequestFunction,
  TIMED,
} from './declarations.ts';
import type { Failure, Operation, OperationOutcomes } from './operations.ts';
import type { MetricSources } from './sources.ts';

/** Gauges that are named as counters, which `promtool check metrics` faults. The ones that they sum up stay. */
const MISNAMED = ['handles', 'requests', 'resources'].map((name) => `active_${name}_total`);

export class NodeMetrics {
  readonly #registry = new Registry();
  readonly #requests = this.#count('requests_total');
  readonly #refusals = this.#count('refusals_total');
  readonly #operations = this.#count('session_operations_total');
  readonly #ended = this.#count('sessions_ended_total');
  readonly #durations: Histogram<string>;

  constructor(sources: MetricSources) {
    const { help, labels, buckets } = TIMED.request_duration_seconds;
    this.#durations = new Histogram({
      name: `${METRIC_PREFIX}request_duration_seconds`,
      help,
      labelNames: Object.keys(labels),
      buckets: [...buckets],
      registers: [this.#registry],
    });
    for (const [name, declaration] of Object.entries<ReadMetric>(READ)) this.#read(name, declaration, sources);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  render(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Also shows what prom-client has about the process. That costs a little all the time, not just at scrape. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.#registry, prefix: METRIC_PREFIX });
    for (const name of MISNAMED) this.#registry.removeSingleMetric(`${METRIC_PREFIX}nodejs_${name}`);
  }

  /** @param status HTTP status; undefined when the client was gone before an answer */
  request(asked: RequestFunction, status: number | undefined, seconds: number): void {
    this.#requests.inc({ function: asked, status: status ?? 'aborted' });
    if (status !== undefined && asked !== 'live') this.#durations.observe({ function: asked }, seconds);
  }

  refusal(code: ErrorCode): void {
    this.#refusals.inc({ code });
  }

  operation<O extends Operation>(operation: O, outcome: OperationOutcomes[O] | Failure): void {
    this.#operations.inc({ operation, outcome });
  }

  sessionEnded(cause: EndCause): void {
    this.#ended.inc({ cause });
  }

  #count(name: keyof typeof COUNTED): Counter<string> {
    const { help, labels, initial }: CountedMetric = COUNTED[name];
    const counter = new Counter({
      name: METRIC_PREFIX + name,
      help,
      labelNames: Object.keys(labels),
      registers: [this.#registry],
    });
    for (const values of initial) counter.inc(values, 0);
    return counter;
  }

  #read(name: string, { type, help, labels, read }: ReadMetric, sources: MetricSources): void {
    const configuration = {
      name: METRIC_PREFIX + name,
      help,
      labelNames: Object.keys(labels),
      registers: [this.#registry],
    };
    if (type === 'gauge') {
      new Gauge({
        ...configuration,
        collect() {
          for (const { labels: values, value } of read(sources)) this.set(values, value);
        },
      });
    } else {
      new Counter({
        ...configuration,
        collect() {
          this.reset();
          for (const { labels: values, value } of read(sources)) this.inc(values, value);
        },
      });
    }
  }
}
