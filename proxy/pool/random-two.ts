import type { LoadTable } from './load.ts';
import { isExcluded, type Policy } from './policy.ts';
import { UsableNodes } from './usable-nodes.ts';
import { type NodeSnapshot, takesNewSessions } from './view.ts';

/**
 * A draw that hits the node drawn first, or one that was tried, is made again; that often before all are looked
 * through.
 */
const QUICK_ATTEMPTS = 4;

/**
 * Two different nodes at random by weight, and of them the one with fewer requests under way for its weight
 * (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing"). Workers and replicas that know nothing of
 * each other do not all run to the same node.
 */
export class RandomTwo implements Policy {
  readonly #usable = new UsableNodes(takesNewSessions);
  readonly #random: () => number;
  #summed: readonly number[] = [];
  /** Of the weights up to and with each position. */
  #sums: readonly number[] = [];

  /** @param random uniform in [0, 1) */
  constructor(random: () => number) {
    this.#random = random;
  }

  select(
    nodes: readonly NodeSnapshot[],
    load: LoadTable,
    exclude?: readonly NodeSnapshot[] | undefined,
  ): NodeSnapshot | undefined {
    this.#usable.follow(nodes, load);
    const first = this.#draw(exclude, undefined);
    if (first === undefined) return undefined;
    const second = this.#draw(exclude, first);
    if (second === undefined) return first;
    const fewer = load.active(second.index) / load.weight(second) < load.active(first.index) / load.weight(first);
    return fewer ? second : first;
  }

  #draw(exclude: readonly NodeSnapshot[] | undefined, but: NodeSnapshot | undefined): NodeSnapshot | undefined {
    for (let attempt = 0; attempt < QUICK_ATTEMPTS; attempt++) {
      const node = this.#drawAny();
      if (node !== undefined && node !== but && !isExcluded(node, exclude)) return node;
    }
    return this.#drawOther(exclude, but);
  }

  /** Of all usable ones, in a time that hardly grows with their number. */
  #drawAny(): NodeSnapshot | undefined {
    const { nodes, weights } = this.#usable;
    if (weights !== this.#summed) this.#sum(weights);
    const sums = this.#sums;
    const drawn = this.#random() * (sums[sums.length - 1] ?? 0);
    let low = 0;
    let high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? 0) > drawn) high = middle;
      else low = middle + 1;
    }
    return nodes[low];
  }

  #sum(weights: readonly number[]): void {
    let sum = 0;
    this.#summed = weights;
    this.#sums = weights.map((weight) => {
      sum += weight;
      return sum;
    });
  }

  /** Of those that are left, exactly by weight too. */
  #drawOther(exclude: readonly NodeSnapshot[] | undefined, but: NodeSnapshot | undefined): NodeSnapshot | undefined {
    const { nodes, weights } = this.#usable;
    let total = 0;
    for (let at = 0; at < nodes.length; at++) {
      const node = nodes[at];
      if (node !== undefined && node !== but && !isExcluded(node, exclude)) total += weights[at] ?? 0;
    }
    let left = this.#random() * total;
    let drawn: NodeSnapshot | undefined;
    for (let at = 0; at < nodes.length; at++) {
      const node = nodes[at];
      if (node === undefined || node === but || isExcluded(node, exclude)) continue;
      drawn = node;
      left -= weights[at] ?? 0;
      if (left < 0) break;
    }
    return drawn;
  }
}
