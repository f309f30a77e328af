/** How values that were observed become samples: the shapes that the metrics have in common. */
import type { NodeSnapshot, PoolSnapshot } from '../pool/view.ts';
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

export function byName<Value>(nodes: readonly NodeStats[], value: (node: NodeStats) => Value): NamedValues<Value> {
  return nodes.map((node) => [node.name, value(node)] as const);
}

export function perNode(values: NamedValues<number>): readonly Sample[] {
  return Array.from(values, ([node, value]) => ({ labels: { node }, value }));
}

/** `label`: what the counts of each node are by. */
export function countsPerNode(label: string, counts: NamedValues<Readonly<Record<string, number>>>): readonly Sample[] {
  return [...counts].flatMap(([node, values]) =>
    Object.entries(values).map(([name, value]) => ({ labels: { node, [label]: name }, value })),
  );
}

/** 1 for the name that is true of a node, 0 for the others. */
export function flagPerNode(
  label: string,
  names: readonly string[],
  { nodes }: PoolSnapshot,
  nameOf: (node: NodeSnapshot) => string | undefined,
): readonly Sample[] {
  return nodes.flatMap((node) =>
    names.map((name) => ({ labels: { node: node.name, [label]: name }, value: nameOf(node) === name ? 1 : 0 })),
  );
}

export function histogramPerNode(
  nodes: readonly NodeStats[],
  histogramOf: (node: NodeStats) => HistogramSnapshot,
): readonly Series[] {
  return nodes.map((node) => ({ labels: { node: node.name }, histogram: histogramOf(node) }));
}
