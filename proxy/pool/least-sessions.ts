import { LeastRequests } from './least-requests.ts';
import type { LoadTable } from './load.ts';
import { isExcluded, type Policy } from './policy.ts';
import { Rotation } from './rotation.ts';
import { UsableNodes } from './usable-nodes.ts';
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
  readonly #usable = new UsableNodes(takesNewSessions);
  readonly #rotation = new Rotation();
  /** Positions, reused by every selection; only the first `count` entries of one mean anything. */
  readonly #least: number[] = [];
  #asked: readonly NodeSnapshot[] = [];
  /** Of the nodes asked: all say how many sessions they have. */
  #report = true;

  select(
    nodes: readonly NodeSnapshot[],
    load: LoadTable,
    exclude?: readonly NodeSnapshot[] | undefined,
  ): NodeSnapshot | undefined {
    const usable = this.#usable;
    usable.follow(nodes, load);
    const { nodes: all, weights } = usable;
    if (!this.#allReport(all)) return this.#unreported.select(nodes, load, exclude);
    const least = this.#least;
    let count = 0;
    let lowest = Number.POSITIVE_INFINITY;
    let lowestActive = Number.POSITIVE_INFINITY;
    let at = usable.begin();
    let left = usable.compared;
    for (let looked = 0; left > 0 && looked < all.length; looked++, at = at + 1 < all.length ? at + 1 : 0) {
      const node = all[at];
      if (node === undefined || isExcluded(node, exclude)) continue;
      left--;
      const weight = weights[at] ?? 1;
      const score = ((node.sessions ?? 0) + load.assigned(node)) / weight;
      if (score > lowest) continue;
      const active = load.active(node.index) / weight;
      if (score === lowest && active > lowestActive) continue;
      if (score < lowest || active < lowestActive) {
        lowest = score;
        lowestActive = active;
        count = 0;
      }
      least[count++] = at;
    }
    return this.#rotation.next(least, count, usable);
  }

  #allReport(usable: readonly NodeSnapshot[]): boolean {
    if (usable !== this.#asked) {
      this.#asked = usable;
      this.#report = usable.every(({ sessions }) => sessions !== undefined);
    }
    return this.#report;
  }
}
