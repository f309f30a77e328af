import type { LoadTable } from './load.ts';
import { isExcluded, type Policy } from './policy.ts';
import { Rotation } from './rotation.ts';
import { type NodeSnapshot, takesNewSessions } from './view.ts';

/** Each usable node in its turn, by weight. */
export class RoundRobin implements Policy {
  readonly #rotation = new Rotation();
  /** Reused by every selection; only the first `count` entries of one mean anything. */
  readonly #candidates: NodeSnapshot[] = [];

  select(
    nodes: readonly NodeSnapshot[],
    load: LoadTable,
    exclude?: readonly NodeSnapshot[] | undefined,
  ): NodeSnapshot | undefined {
    let count = 0;
    for (const node of nodes) {
      if (takesNewSessions(node) && !isExcluded(node, exclude)) this.#candidates[count++] = node;
    }
    return this.#rotation.next(this.#candidates, count, load);
  }
}
