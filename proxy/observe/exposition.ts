/**
 * The metrics in Prometheus' text format. Values are made at scrape; between scrapes nothing is kept up to date.
 *
 * Before 300 nodes a scrape is 50,000 lines. prom-client took half a second of the primary for them, in one piece, and
 * the polls of the nodes waited that long; so the lines are made here, a few milliseconds at a time.
 */
import { setImmediate } from 'node:timers/promises';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { BUCKETS } from './histogram.ts';
import { METRICS } from './metric-table.ts';
import { METRIC_PREFIX, type MetricDeclaration, type Observed, type Sample, type Series } from './metrics.ts';

/** How long a scrape keeps the polls waiting before it gives way. */
const SLICE_MS = 2;
/** Lines from one look at the clock to the next. */
const LOOK_LINES = 256;
const BOUNDS = [...BUCKETS.map(String), '+Inf'];
/**
 * prom-client samples the event loop's delay by a timer of 10 ms, whether anybody scrapes or not: a hundred turns a
 * second, two thirds of what an idle primary took. It cannot be left out, so the timer has a day, and what would be read
 * from it is taken away; the lag at the scrape itself stays.
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

  get contentType(): string {
    return this.#process.contentType;
  }

  async render(observed: Observed): Promise<string> {
    const text: string[] = [];
    // Joined while they are young: a long text of many small ones is what the garbage collector has most to do with.
    let lines: string[] = [];
    let began = performance.now();
    for (const line of linesOf(observed)) {
      if (lines.push(line) < LOOK_LINES) continue;
      text.push(lines.join(''));
      lines = [];
      if (performance.now() - began < SLICE_MS) continue;
      await setImmediate();
      began = performance.now();
    }
    text.push(lines.join(''), await this.#process.metrics());
    return text.join('');
  }
}

function* linesOf(observed: Observed): Generator<string> {
  for (const declaration of METRICS) {
    const name = METRIC_PREFIX + declaration.name;
    yield `# HELP ${name} ${declaration.help}\n# TYPE ${name} ${declaration.type}\n`;
    yield* valuesOf(name, declaration, observed);
  }
}

function* valuesOf(name: string, declaration: MetricDeclaration, observed: Observed): Generator<string> {
  if (declaration.type === 'histogram') {
    for (const series of declaration.series(observed)) yield* histogramLines(name, series);
  } else {
    for (const { labels, value } of declaration.samples(observed))
      yield `${name}${braced(labelled(labels))} ${value}\n`;
  }
}

function* histogramLines(name: string, { labels, histogram }: Series): Generator<string> {
  const own = labelled(labels);
  const before = own === '' ? '' : `${own},`;
  let total = 0;
  for (const [index, count] of histogram.counts.entries()) {
    total += count;
    yield `${name}_bucket{${before}le="${BOUNDS[index] ?? '+Inf'}"} ${total}\n`;
  }
  yield `${name}_sum${braced(own)} ${histogram.sum}\n${name}_count${braced(own)} ${total}\n`;
}

/** Their values need no escape: names of nodes have letters, digits, `.`, `_` and `-` only, and all others are ours. */
function labelled(labels: Sample['labels']): string {
  let text = '';
  for (const name in labels) text += `${text === '' ? '' : ','}${name}="${labels[name]}"`;
  return text;
}

function braced(labels: string): string {
  return labels === '' ? '' : `{${labels}}`;
}
