/** The metrics of a program as a table. */

export interface DescribedMetric {
  /** Without the prefix. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** All values there are, or in words. */
  readonly labels: Readonly<Record<string, readonly string[] | string>>;
}

/** By the end of the name, as Prometheus wants it; the first that fits. */
const UNITS: readonly (readonly [ending: string, unit: string])[] = [
  ['_timestamp_seconds', 'seconds since the epoch'],
  ['_seconds', 'seconds'],
  ['_seconds_total', 'seconds'],
  ['_bytes', 'bytes'],
  ['_bytes_total', 'bytes'],
];

export function metricTable(metrics: readonly DescribedMetric[], prefix: string): string {
  return [
    `| metric, prefix \`${prefix}\` | type | unit | labels | |`,
    '|---|---|---|---|---|',
    ...metrics.map(({ name, type, help, labels }) => {
      const unit = UNITS.find(([ending]) => name.endsWith(ending))?.[1] ?? '';
      return `| \`${name}\` | ${type} | ${unit} | ${labelsText(labels)} | ${help} |`.replace(/ {2,}/g, ' ');
    }),
  ].join('\n');
}

function labelsText(labels: DescribedMetric['labels']): string {
  return Object.entries(labels)
    .map(([label, values]) => {
      const text = typeof values === 'string' ? values : values.map((value) => `\`${value}\``).join(' ');
      return `\`${label}\`: ${text}`;
    })
    .join('<br>');
}
