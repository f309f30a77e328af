/**
 * What of a pool has changed, so that workers need not be told all of it again: before 300 nodes that report sessions,
 * a whole pool is 75 KB, ten times a second, which the anchor reads and writes as well; a poll changes 250 bytes of it.
 */
import type { NodeSnapshot, PoolSnapshot } from './view.ts';

export interface PoolChange {
  /** Version of the pool that it is made in. */
  readonly since: number;
  readonly version: number;
  /** Those that are not as they were. */
  readonly nodes: readonly NodeSnapshot[];
}

/** undefined when other nodes are in the pool, or in another order: then the whole of it has to be told. */
export function changeBetween(before: PoolSnapshot, after: PoolSnapshot): PoolChange | undefined {
  if (before.nodes.length !== after.nodes.length) return undefined;
  const nodes: NodeSnapshot[] = [];
  for (const [at, node] of after.nodes.entries()) {
    const known = before.nodes[at];
    if (known === node) continue;
    if (known?.index !== node.index) return undefined;
    nodes.push(node);
  }
  return { since: before.version, version: after.version, nodes };
}

/** The pool with the change made. Nodes that it does not have stay out. */
export function changed(pool: PoolSnapshot, { version, nodes }: PoolChange): PoolSnapshot {
  const byIndex = new Map(nodes.map((node) => [node.index, node]));
  return { version, nodes: pool.nodes.map((node) => byIndex.get(node.index) ?? node) };
}
