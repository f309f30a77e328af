import type { LoadTable } from './load.ts';
import { isExcluded, type Policy } from './policy.ts';
import { Rotation } from './rotation.ts';
import { type NodeSnapshot, takesNewSessions } from './view.ts';

/** The node with the fewest requests under way for its weight; equals take turns by weight. */
export class LeastRequests implements Policy {
  readonly #usable: (node: NodeSnapshot) => boolean;
  readonly #rotation = new Rotation();
  /** Reused by every selection; only the first `count` entries of one mean anything. */
  readonly #least: NodeSnapshot[] = [];

  /** @param usable which nodes may be taken at all */
  constructor(usable: (node: NodeSnapshot) => boolean = takesNewSessions) {
    this.#usable = usable;
  }

  select(
    nodes: readonly NodeSnapshot[],
    load: LoadTable,
    exclude?: readonly NodeSnapshot[] | undefined,
  ): NodeSnapshot | undefined {
    let count = 0;
    let lowest = Number.POSITIVE_INFINITY;
    for (const node of nodes) {
      if (!this.#usable(node) || isExcluded(node, exclude)) continue;
      const score = load.active(node.index) / load.weight(node);
      if (score > lowest) continue;
      if (score < lowest) {
        lowest = score;
        count = 0;
      }
      this.#least[count++] = node;
    }
    return this.#rotation.next(this.#least, count, load);
  }
}
