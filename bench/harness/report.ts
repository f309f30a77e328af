/** Results as tables for people: one table for each metric, medians with their spread, ratios to the references. */
import type { Metric } from '../scenarios/scenario.ts';
import type { ScenarioResult } from './rounds.ts';
import { pairedDifferences, pairedRatios, type Spread, spreadOf } from './statistics.ts';

/** All tables of one scenario. `references` that did not take part get no column. */
export function renderScenario(result: ScenarioResult, references: readonly string[]): string {
  const present = references.filter((name) => result.series.some(({ contender }) => contender === name));
  const tables = result.metrics.map((metric) => renderTable(metricRows(result, metric, present)));
  const caveat = result.caveat === undefined ? [] : [`! ${result.caveat}`];
  return [`${result.scenario}: ${result.summary}`, ...caveat, ...tables].join('\n\n');
}

type Values = ReadonlyMap<string, readonly (number | undefined)[]>;
type Column = { readonly head: string; readonly cell: (contender: string) => string };

/** Round by round, what contenders are compared by: their figures, or what these have over those of `metric.over`. */
export function compared(result: ScenarioResult, metric: Metric): { readonly title: string; readonly values: Values } {
  const { title, over } = metric;
  const values = valuesOf(result, metric);
  const added = addedOver(metric, values);
  return added === undefined ? { title, values } : { title: `${title}, over ${over}`, values: added };
}

function valuesOf({ series }: ScenarioResult, { key }: Metric): Values {
  return new Map(series.map(({ contender, samples }) => [contender, samples.map((one) => one[key])]));
}

function metricRows(result: ScenarioResult, metric: Metric, references: readonly string[]): string[][] {
  const { title, digits, over, absolute } = metric;
  const values = valuesOf(result, metric);
  const added = addedOver(metric, values);
  const figures = (head: string, from: Values): Column => ({
    head,
    cell: (contender) => formatSpread(spreadOf(from.get(contender) ?? []), digits),
  });
  const columns = [figures('median (min–max)', values)];
  if (added !== undefined) columns.push(figures(`over ${over}`, added));
  if (!absolute) columns.push(...ratioColumns(result, added ?? values, references));
  const heads = columns.map(({ head }) => head);
  return [[title, ...heads], ...[...values.keys()].map((name) => [name, ...columns.map(({ cell }) => cell(name))])];
}

function ratioColumns({ series }: ScenarioResult, values: Values, references: readonly string[]): Column[] {
  const ratio = (contender: string, to = ''): string =>
    to === contender ? '1' : formatSpread(pairedRatios(values.get(contender) ?? [], values.get(to) ?? []), 2);
  const columns = references.map((name) => ({ head: `× ${name}`, cell: (one: string) => ratio(one, name) }));
  const singles = new Map(series.map(({ contender, single }) => [contender, single]));
  if (series.every(({ single }) => single === undefined)) return columns;
  return [{ head: '× one worker', cell: (one) => ratio(one, singles.get(one)) }, ...columns];
}

/** What each of the others has over one contender; undefined when it did not take part, or the metric has none. */
function addedOver({ over = '' }: Metric, values: Values): Values | undefined {
  const base = values.get(over);
  if (base === undefined) return undefined;
  const others = [...values].filter(([contender]) => contender !== over);
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
