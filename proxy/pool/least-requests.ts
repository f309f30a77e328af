import type { LoadTable } from './load.ts';
import { isExcluded, type Policy } from './policy.ts';
import { Rotation } from './rotation.ts';
import { UsableNodes } from './usable-nodes.ts';
import { type NodeSnapshot, takesNewSessions } from './view.ts';

/** The node with the fewest requests under way for its weight; equals take turns by weight. */
export class LeastRequests implements Policy {
  readonly #usable: UsableNodes;
  readonly #rotation = new Rotation();
  /** Positions, reused by every selection; only the first `count` entries of one mean anything. */
  readonly #least: number[] = [];

  /** @param usable which nodes may be taken at all */
  constructor(usable: (node: NodeSnapshot) => boolean = takesNewSessions) {
    this.#usable = new UsableNodes(usable);
  }

  select(
    nodes: readonly NodeSnapshot[],
    load: LoadTable,
    exclude?: readonly NodeSnapshot[] | undefined,
  ): NodeSnapshot | undefined {
    const usable = this.#usable;
    usable.follow(nodes, load);
    const { nodes: all, weights } = usable;
    const least = this.#least;
    let count = 0;
    let lowest = Number.POSITIVE_INFINITY;
    let at = usable.begin();
    let left = usable.compared;
    for (let looked = 0; left > 0 && looked < all.length; looked++, at = at + 1 < all.length ? at + 1 : 0) {
      const node = all[at];
      if (node === undefined || isExcluded(node, exclude)) continue;
      left--;
      const score = load.active(node.index) / (weights[at] ?? 1);
      if (score > lowest) continue;
      if (score < lowest) {
        lowest = score;
        count = 0;
      }
      least[count++] = at;
    }
    return this.#rotation.next(least, count, usable);
  }
}
