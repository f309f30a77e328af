/**
 * What pages say that is made of the program's own tables. It stands between `<!-- generated: NAME -->` and
 * `<!-- end: NAME -->`; `npm run docs` writes it anew, and a test says when that is due.
 */
import { nodeSchema } from '../config/node-schema.ts';
import { proxySchema } from '../config/proxy-schema.ts';
import { VARIABLE_PREFIX } from '../config/proxy-variables.ts';
import { FLAG_OF_OPTION } from '../node/flags.ts';
import { COUNTED, METRIC_PREFIX as NODE_PREFIX, READ, TIMED } from '../node/metrics/declarations.ts';
import { METRICS } from '../proxy/observe/metric-table.ts';
import { METRIC_PREFIX } from '../proxy/observe/metrics.ts';
import { type DescribedMetric, metricTable } from './metric-table.ts';
import { optionTables } from './option-tables.ts';

const nodeMetrics: readonly DescribedMetric[] = Object.entries({ ...COUNTED, ...TIMED, ...READ }).map(
  ([name, { type, help, labels }]) => ({ name, type: type === 'counted' ? 'counter' : type, help, labels }),
);

export const GENERATED: ReadonlyMap<string, () => string> = new Map([
  ['proxy options', () => optionTables({ schema: proxySchema, prefix: VARIABLE_PREFIX })],
  ['node options', () => optionTables({ schema: nodeSchema, prefix: 'COBROWSE_NODE_', flags: FLAG_OF_OPTION })],
  ['proxy metrics', () => metricTable(METRICS, METRIC_PREFIX)],
  ['node metrics', () => metricTable(nodeMetrics, NODE_PREFIX)],
]);

const BLOCK = /^<!-- generated: (.+) -->\n[\s\S]*?^<!-- end: \1 -->$/gm;

/** The page as it should be. Throws for what nothing here makes. */
export function refreshed(text: string): string {
  return text.replace(BLOCK, (_, name: string) => {
    const make = GENERATED.get(name);
    if (make === undefined) throw new Error(`nothing makes "${name}"`);
    return `<!-- generated: ${name} -->\n\n${make()}\n\n<!-- end: ${name} -->`;
  });
}

/** The names of what a page has made. */
export function namesIn(text: string): readonly string[] {
  return Array.from(text.matchAll(BLOCK), ([, name = '']) => name);
}
