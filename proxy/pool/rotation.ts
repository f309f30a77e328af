/**
 * Smooth weighted rotation, as in NGINX: each turn every candidate gains its weight, the richest is taken and pays what
 * all gained together. Weights 5, 1, 1 give a a b a c a a, never five in a row followed by the others.
 */
import type { UsableNodes } from './usable-nodes.ts';
import type { NodeSnapshot } from './view.ts';

export class Rotation {
  /** By slot. */
  readonly #credit: number[] = [];

  /** The next of the first `count` candidates, which are positions in `usable`; undefined when `count` is 0. */
  next(candidates: readonly number[], count: number, { nodes, weights }: UsableNodes): NodeSnapshot | undefined {
    let chosen: NodeSnapshot | undefined;
    let most = 0;
    let total = 0;
    for (let i = 0; i < count; i++) {
      const at = candidates[i] ?? 0;
      const node = nodes[at];
      if (node === undefined) break;
      const weight = weights[at] ?? 0;
      const credit = (this.#credit[node.index] ?? 0) + weight;
      this.#credit[node.index] = credit;
      total += weight;
      if (chosen === undefined || credit > most) {
        chosen = node;
        most = credit;
      }
    }
    if (chosen !== undefined) this.#credit[chosen.index] = most - total;
    return chosen;
  }
}
