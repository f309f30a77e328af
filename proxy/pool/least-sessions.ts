import { LeastRequests } from './least-requests.ts';
import type { LoadTable } from './load.ts';
import { isExcluded, type Policy } from './policy.ts';
import { Rotation } from './rotation.ts';
import { type NodeSnapshot, takesNewSessions } from './view.ts';

/**
 * The node with the fewest live sessions for its weight: those of its last report and those assigned to it since. Ties
 * go to the fewest requests under way, then in turn by weight.
 *
 * While a usable node reports no sessions (a Genesys node never does), the numbers cannot be compared, and requests
 * under way decide among all: every live session holds a long poll or a tunnel, so they follow the sessions.
 */
export class LeastSessions implements Policy {
  readonly #unreported = new LeastRequests();
  readonly #rotation = new Rotation();
  /** Reused by every selection; only the first `count` entries of one mean anything. */
  readonly #least: NodeSnapshot[] = [];

  select(
    nodes: readonly NodeSnapshot[],
    load: LoadTable,
    exclude?: readonly NodeSnapshot[] | undefined,
  ): NodeSnapshot | undefined {
    let count = 0;
    let lowest = Number.POSITIVE_INFINITY;
    let lowestActive = Number.POSITIVE_INFINITY;
    for (const node of nodes) {
      if (!takesNewSessions(node) || isExcluded(node, exclude)) continue;
      if (node.sessions === undefined) return this.#unreported.select(nodes, load, exclude);
      const score = (node.sessions + load.assigned(node)) / load.weight(node);
      const active = load.active(node.index) / load.weight(node);
      if (score > lowest || (score === lowest && active > lowestActive)) continue;
      if (score < lowest || active < lowestActive) {
        lowest = score;
        lowestActive = active;
        count = 0;
      }
      this.#least[count++] = node;
    }
    return this.#rotation.next(this.#least, count, load);
  }
}
