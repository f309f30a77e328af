import type { LoadTable } from './load.ts';
import { isExcluded, type Policy } from './policy.ts';
import { type NodeSnapshot, takesNewSessions } from './view.ts';

/**
 * Two different nodes at random by weight, and of them the one with fewer requests under way for its weight
 * (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing"). Workers and replicas that know nothing of
 * each other do not all run to the same node.
 */
export class RandomTwo implements Policy {
  readonly #random: () => number;

  /** @param random uniform in [0, 1) */
  constructor(random: () => number) {
    this.#random = random;
  }

  select(
    nodes: readonly NodeSnapshot[],
    load: LoadTable,
    exclude?: readonly NodeSnapshot[] | undefined,
  ): NodeSnapshot | undefined {
    const first = this.#draw(nodes, load, exclude, undefined);
    if (first === undefined) return undefined;
    const second = this.#draw(nodes, load, exclude, first);
    if (second === undefined) return first;
    const fewer = load.active(second.index) / load.weight(second) < load.active(first.index) / load.weight(first);
    return fewer ? second : first;
  }

  #draw(
    nodes: readonly NodeSnapshot[],
    load: LoadTable,
    exclude: readonly NodeSnapshot[] | undefined,
    but: NodeSnapshot | undefined,
  ): NodeSnapshot | undefined {
    let total = 0;
    for (const node of nodes) {
      if (node !== but && takesNewSessions(node) && !isExcluded(node, exclude)) total += load.weight(node);
    }
    let left = this.#random() * total;
    let drawn: NodeSnapshot | undefined;
    for (const node of nodes) {
      if (node === but || !takesNewSessions(node) || isExcluded(node, exclude)) continue;
      drawn = node;
      left -= load.weight(node);
      if (left < 0) break;
    }
    return drawn;
  }
}
