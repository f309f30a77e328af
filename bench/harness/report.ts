/** Results as tables for people: one table for each metric, medians with their spread, ratios to the references. */
import type { Metric } from '../scenarios/scenario.ts';
import type { ScenarioResult } from './rounds.ts';
import { pairedDifferences, pairedRatios, type Spread, spreadOf } from './statistics.ts';

/** All tables of one scenario. `references` that did not take part get no column. */
export function renderScenario(result: ScenarioResult, references: readonly string[]): string {
  const present = references.filter((name) => result.series.some(({ contender }) => contender === name));
  const tables = result.metrics.map((metric) => renderTable(metricRows(result, metric, present)));
  return [`${result.scenario}: ${result.summary}`, ...tables].join('\n\n');
}

type Values = ReadonlyMap<string, readonly (number | undefined)[]>;

function metricRows(result: ScenarioResult, metric: Metric, references: readonly string[]): string[][] {
  const { key, title, digits, over } = metric;
  const values: Values = new Map(
    result.series.map(({ contender, samples }) => [contender, samples.map((one) => one[key])]),
  );
  const added = over === undefined ? undefined : addedOver(over, values);
  const compared = added ?? values;
  const rows = [...values].map(([contender, own]) => {
    const figures = [own, ...(added === undefined ? [] : [added.get(contender) ?? []])];
    const ratios = references.map((name) =>
      name === contender ? '1' : formatSpread(pairedRatios(compared.get(contender) ?? [], compared.get(name) ?? []), 2),
    );
    return [contender, ...figures.map((figure) => formatSpread(spreadOf(figure), digits)), ...ratios];
  });
  const heads = ['median (min–max)', ...(added === undefined ? [] : [`over ${over}`])];
  return [[title, ...heads, ...references.map((name) => `× ${name}`)], ...rows];
}

/** What each of the others has over that contender; undefined when it did not take part. */
function addedOver(name: string, values: Values): Values | undefined {
  const base = values.get(name);
  if (base === undefined) return undefined;
  const others = [...values].filter(([contender]) => contender !== name);
  return new Map(others.map(([contender, own]) => [contender, pairedDifferences(own, base)]));
}

/** `31.2 (30.9–31.6)`, or a dash when nothing was measured. */
export function formatSpread(spread: Spread | undefined, digits: number): string {
  if (spread === undefined) return '–';
  const { median, min, max } = spread;
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

/** Columns as wide as their widest cell: the first to the left, figures to the right. */
export function renderTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const pad = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(pad).join('   ')).join('\n');
}
