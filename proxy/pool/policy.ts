/** What a balancing policy is, and what each asks before it looks at a node's load. */
import type { LoadTable } from './load.ts';
import type { NodeSnapshot } from './view.ts';

export interface Policy {
  /**
   * The node to take; undefined when none is usable or every usable one is excluded. Allocates nothing.
   *
   * @param exclude nodes that were tried already, compared by name: they may come from an older view
   */
  select(
    nodes: readonly NodeSnapshot[],
    load: LoadTable,
    exclude?: readonly NodeSnapshot[] | undefined,
  ): NodeSnapshot | undefined;
}

export function isExcluded(node: NodeSnapshot, exclude: readonly NodeSnapshot[] | undefined): boolean {
  if (exclude === undefined) return false;
  for (const tried of exclude) if (tried.name === node.name) return true;
  return false;
}
