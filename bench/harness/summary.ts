/** A run in one table for a page, in Markdown: what one contender takes in each scenario, beside each of the others. */
import { compared, formatSpread } from './report.ts';
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
  const present = peers.filter((name) => results.some(({ series }) => series.some((one) => one.contender === name)));
  const lines = results.flatMap((result) => {
    const metric = result.metrics[0];
    if (metric === undefined) return [];
    const { title, values } = compared(result, metric);
    const own = values.get(subject);
    if (own === undefined) return [];
    const ratios = present.map((name) => formatSpread(pairedRatios(own, values.get(name) ?? []), 2));
    return [[result.scenario, title, formatSpread(spreadOf(own), metric.digits), ...ratios]];
  });
  if (lines.length === 0) return undefined;
  const heads = ['scenario', 'figure', subject, ...present.map((name) => `× ${name}`)];
  const rule = heads.map(() => '---');
  return [heads, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
