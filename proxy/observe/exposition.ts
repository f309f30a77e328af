/**
 * The metrics in Prometheus' text format, or in that of OpenMetrics for whoever asks for it, which has exemplars.
 * Values are made at scrape; between scrapes nothing is kept up to date.
 *
 * Before 300 nodes a scrape is 50,000 lines. prom-client took half a second of the primary for them, in one piece, and
 * the polls of the nodes waited that long; so the lines are made here, a few milliseconds at a time.
 */
import { setImmediate } from 'node:timers/promises';
import { collectDefaultMetrics, type MetricObjectWithValues, type MetricValueWithName, Registry } from 'prom-client';
import { BUCKETS, type Exemplar } from './histogram.ts';
import { METRICS } from './metric-table.ts';
import { METRIC_PREFIX, type MetricDeclaration, type Observed, type Series } from './metrics.ts';

export type MetricsFormat = 'text' | 'openmetrics';

export const CONTENT_TYPES: Readonly<Record<MetricsFormat, string>> = {
  text: Registry.PROMETHEUS_CONTENT_TYPE,
  openmetrics: Registry.OPENMETRICS_CONTENT_TYPE,
};

/** How long a scrape keeps the polls waiting before it gives way. */
const SLICE_MS = 2;
/** Lines from one look at the clock to the next. */
const LOOK_LINES = 256;
/** Canonical numbers, as OpenMetrics has them, in both formats: the format must not make other series of them. */
const BOUNDS = [...BUCKETS.map(canonical), '+Inf'];
/**
 * prom-client samples the event loop's delay by a timer of 10 ms, whether anybody scrapes or not: a hundred turns a
 * second, two thirds of what an idle primary took. It cannot be left out, so the timer has a day, and what would be
 * read from it is taken away; the lag at the scrape itself stays.
 */
const HARDLY_EVER_MS = 86_400_000;
const SAMPLED = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'].map((name) => `eventloop_lag_${name}_seconds`);
/** Gauges that are named as counters, which `promtool check metrics` faults. The ones that they sum up stay. */
const MISNAMED = ['handles', 'requests', 'resources'].map((name) => `active_${name}_total`);

export class Exposition {
  /** What prom-client has about the process itself. */
  readonly #process = new Registry();

  constructor() {
    collectDefaultMetrics({
      register: this.#process,
      prefix: METRIC_PREFIX,
      eventLoopMonitoringPrecision: HARDLY_EVER_MS,
    });
    for (const name of [...SAMPLED, ...MISNAMED]) this.#process.removeSingleMetric(`${METRIC_PREFIX}nodejs_${name}`);
  }

  async render(observed: Observed, format: MetricsFormat): Promise<string> {
    const text: string[] = [];
    // Joined while they are young: a long text of many small ones is what the garbage collector has most to do with.
    let lines: string[] = [];
    let began = performance.now();
    for (const line of linesOf(observed, format)) {
      if (lines.push(line) < LOOK_LINES) continue;
      text.push(lines.join(''));
      lines = [];
      if (performance.now() - began < SLICE_MS) continue;
      await setImmediate();
      began = performance.now();
    }
    for (const metric of await this.#process.getMetricsAsJSON()) lines.push(...processLines(metric, format));
    if (format === 'openmetrics') lines.push('# EOF\n');
    text.push(lines.join(''));
    return text.join('');
  }
}

function* linesOf(observed: Observed, format: MetricsFormat): Generator<string> {
  for (const declaration of METRICS) {
    const name = METRIC_PREFIX + declaration.name;
    yield headOf(name, declaration, format);
    yield* valuesOf(name, declaration, observed, format);
  }
}

/** To OpenMetrics a counter is what its name says without `_total`. */
function headOf(name: string, { type, help }: Pick<MetricDeclaration, 'type' | 'help'>, format: MetricsFormat): string {
  const family = format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name;
  return `# HELP ${family} ${help}\n# TYPE ${family} ${type}\n`;
}

function* valuesOf(
  name: string,
  declaration: MetricDeclaration,
  observed: Observed,
  format: MetricsFormat,
): Generator<string> {
  if (declaration.type === 'histogram') {
    for (const series of declaration.series(observed)) yield* histogramLines(name, series, format);
  } else {
    for (const { labels, value } of declaration.samples(observed))
      yield `${name}${braced(labelled(labels))} ${value}\n`;
  }
}

function* histogramLines(name: string, { labels, histogram }: Series, format: MetricsFormat): Generator<string> {
  const own = labelled(labels);
  const before = own === '' ? '' : `${own},`;
  const exemplars = format === 'openmetrics' ? histogram.exemplars : undefined;
  let total = 0;
  for (const [index, count] of histogram.counts.entries()) {
    total += count;
    const exemplar = exemplars?.find(({ bucket }) => bucket === index);
    yield `${name}_bucket{${before}le="${BOUNDS[index] ?? '+Inf'}"} ${total}${exemplarOf(exemplar)}\n`;
  }
  yield `${name}_sum${braced(own)} ${histogram.sum}\n${name}_count${braced(own)} ${total}\n`;
}

function exemplarOf(exemplar: Exemplar | undefined): string {
  if (exemplar === undefined) return '';
  return ` # {trace_id="${exemplar.traceId}"} ${exemplar.value} ${exemplar.at / 1000}`;
}

interface ProcessValue extends MetricValueWithName<string> {
  /** Of all buckets of a histogram. */
  readonly sharedLabels?: Readonly<Record<string, string | number>>;
}

/** Of a metric of prom-client's, which has names and labels of Node.js alone. */
function* processLines(metric: MetricObjectWithValues<ProcessValue>, format: MetricsFormat): Generator<string> {
  const { name, help, values } = metric;
  // The types have it as a number, which it is not.
  const type = String(metric.type) as MetricDeclaration['type'];
  yield headOf(name, { type, help }, format);
  for (const { value, labels, sharedLabels, metricName = name } of values) {
    const { le, ...others } = { ...sharedLabels, ...labels } as Readonly<Record<string, string | number>>;
    const bound = le === undefined ? {} : { le: typeof le === 'number' ? canonical(le) : le };
    yield `${metricName}${braced(labelled({ ...others, ...bound }))} ${value}\n`;
  }
}

function canonical(bound: number): string {
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

/** Their values need no escape: names of nodes have letters, digits, `.`, `_` and `-` only, and all others are ours. */
function labelled(labels: Readonly<Record<string, string | number>>): string {
  let text = '';
  for (const name in labels) text += `${text === '' ? '' : ','}${name}="${labels[name]}"`;
  return text;
}

function braced(labels: string): string {
  return labels === '' ? '' : `{${labels}}`;
}
