/**
 * How values that were observed become samples: the shapes that the metrics have in common. One at a time, since there
 * are tens of thousands where there are hundreds of nodes, and a scrape gives way in between.
 */
import type { NodeSnapshot, PoolSnapshot } from '../pool/view.ts';
import type { ClassHistogramsSnapshot } from './class-histograms.ts';
import type { HistogramSnapshot } from './histogram.ts';
import type { Observed, Sample, Series } from './metrics.ts';
import type { NodeStats } from './snapshot.ts';

type NamedValues<Value> = Iterable<readonly [node: string, value: Value]>;

export function one(value: number): readonly Sample[] {
  return [{ labels: {}, value }];
}

export function byLabel(
  label: string,
  names: readonly string[],
  counts: Readonly<Record<string, number>>,
): readonly Sample[] {
  return names.map((name) => ({ labels: { [label]: name }, value: counts[name] ?? 0 }));
}

/** Without the entry for what no node took part in. */
export function nodesOf({ stats }: Observed): readonly NodeStats[] {
  return stats.nodes.filter((node) => node.name !== '');
}

export function* byName<Value>(
  nodes: readonly NodeStats[],
  value: (node: NodeStats) => Value,
): Generator<readonly [node: string, value: Value]> {
  for (const node of nodes) yield [node.name, value(node)];
}

export function* perNode(values: NamedValues<number>): Generator<Sample> {
  for (const [node, value] of values) yield { labels: { node }, value };
}

/** `label`: what the counts of each node are by. */
export function* countsPerNode(
  label: string,
  counts: NamedValues<Readonly<Record<string, number>>>,
): Generator<Sample> {
  for (const [node, values] of counts) {
    for (const name in values) yield { labels: { node, [label]: name }, value: values[name] ?? 0 };
  }
}

/** 1 for the name that is true of a node, 0 for the others. */
export function* flagPerNode(
  label: string,
  names: readonly string[],
  { nodes }: PoolSnapshot,
  nameOf: (node: NodeSnapshot) => string | undefined,
): Generator<Sample> {
  for (const node of nodes) {
    const is = nameOf(node);
    for (const name of names) yield { labels: { node: node.name, [label]: name }, value: is === name ? 1 : 0 };
  }
}

export function* histogramPerNodeAndClass(
  nodes: readonly NodeStats[],
  histogramsOf: (node: NodeStats) => ClassHistogramsSnapshot,
): Generator<Series> {
  for (const node of nodes) {
    for (const [name, histogram] of Object.entries(histogramsOf(node))) {
      yield { labels: { node: node.name, class: name }, histogram };
    }
  }
}

export function* histogramPerNode(
  nodes: readonly NodeStats[],
  histogramOf: (node: NodeStats) => HistogramSnapshot,
): Generator<Series> {
  for (const node of nodes) yield { labels: { node: node.name }, histogram: histogramOf(node) };
}
