import type { LoadTable } from './load.ts';
import { isExcluded, type Policy } from './policy.ts';
import { Rotation } from './rotation.ts';
import { UsableNodes } from './usable-nodes.ts';
import { type NodeSnapshot, takesNewSessions } from './view.ts';

/** Each usable node in its turn, by weight. */
export class RoundRobin implements Policy {
  readonly #usable = new UsableNodes(takesNewSessions);
  readonly #rotation = new Rotation();
  /** Positions, reused by every selection; only the first `count` entries of one mean anything. */
  readonly #candidates: number[] = [];

  select(
    nodes: readonly NodeSnapshot[],
    load: LoadTable,
    exclude?: readonly NodeSnapshot[] | undefined,
  ): NodeSnapshot | undefined {
    const usable = this.#usable;
    usable.follow(nodes, load);
    const all = usable.nodes;
    let count = 0;
    let at = usable.begin();
    for (
      let looked = 0;
      count < usable.compared && looked < all.length;
      looked++, at = at + 1 < all.length ? at + 1 : 0
    ) {
      const node = all[at];
      if (node !== undefined && !isExcluded(node, exclude)) this.#candidates[count++] = at;
    }
    return this.#rotation.next(this.#candidates, count, usable);
  }
}
