/** The metrics in Prometheus' text format. Values are made at scrape; between scrapes nothing is kept up to date. */
import { collectDefaultMetrics, type Metric, Registry } from 'prom-client';
import { BUCKETS } from './histogram.ts';
import { METRICS } from './metric-table.ts';
import { METRIC_PREFIX, type MetricDeclaration, type Observed, type Series } from './metrics.ts';

interface ExposedValue {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName?: string;
}

export class Exposition {
  readonly #registry = new Registry();
  #observed: Observed | undefined;

  /** Also registers the metrics that prom-client has about the process itself. */
  constructor() {
    for (const declaration of METRICS) this.#register(declaration);
    collectDefaultMetrics({ register: this.#registry, prefix: METRIC_PREFIX });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async render(observed: Observed): Promise<string> {
    this.#observed = observed;
    // The registry asks every metric for its values before it gives way, so two scrapes at once do not mix.
    return this.#registry.metrics();
  }

  #register(declaration: MetricDeclaration): void {
    const name = METRIC_PREFIX + declaration.name;
    const { help, type } = declaration;
    const get = async () => ({
      name,
      help,
      type,
      values: this.#observed ? values(name, declaration, this.#observed) : [],
    });
    // prom-client's own classes count by themselves and a histogram cannot be set from outside. Of a metric the
    // registry uses its name and `get` only; its declared type asks for one of those classes.
    this.#registry.registerMetric({ name, help, type, get } as unknown as Metric);
  }
}

function values(name: string, declaration: MetricDeclaration, observed: Observed): readonly ExposedValue[] {
  if (declaration.type !== 'histogram') return declaration.samples(observed);
  return declaration.series(observed).flatMap((series) => histogramValues(name, series));
}

function histogramValues(name: string, { labels, histogram }: Series): readonly ExposedValue[] {
  let total = 0;
  const buckets = histogram.counts.map((count, index) => {
    total += count;
    return { metricName: `${name}_bucket`, labels: { ...labels, le: BUCKETS[index] ?? '+Inf' }, value: total };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: histogram.sum },
    { metricName: `${name}_count`, labels, value: total },
  ];
}
