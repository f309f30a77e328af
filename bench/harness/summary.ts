/** A run in one table for a page, in Markdown: what one contender takes in each scenario, beside each of the others. */
import { comparedValues, formatSpread } from './report.ts';
import type { ScenarioResult } from './rounds.ts';
import { pairedRatios, spreadOf } from './statistics.ts';

/**
 * A line for each scenario that the subject took part in: its figure by the scenario's first metric, and the ratios to
 * the peers. undefined when there is none. Peers that took part nowhere get no column.
 */
export function renderSummary(
  results: readonly ScenarioResult[],
  subject: string,
  peers: readonly string[],
): string | undefined {
  const values = results.map((result) => comparedValues(result, result.metrics[0]));
  const present = peers.filter((name) => values.some((compared) => compared.has(name)));
  const lines = results.flatMap(({ scenario, metrics: [metric], series }, index) => {
    const own = values[index]?.get(subject);
    if (metric === undefined || own === undefined) return [];
    const isOver = series.some(({ contender }) => contender === metric.over);
    const what = isOver ? `${metric.title}, over ${metric.over}` : metric.title;
    const ratios = present.map((name) => formatSpread(pairedRatios(own, values[index]?.get(name) ?? []), 2));
    return [[scenario, what, formatSpread(spreadOf(own), metric.digits), ...ratios]];
  });
  if (lines.length === 0) return undefined;
  const heads = ['scenario', 'figure', subject, ...present.map((name) => `× ${name}`)];
  const rule = heads.map(() => '---');
  return [heads, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
