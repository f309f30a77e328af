/**
 * Smooth weighted rotation, as in NGINX: each turn every candidate gains its weight, the richest is taken and pays what
 * all gained together. Weights 5, 1, 1 give a a b a c a a, never five in a row followed by the others.
 */
import type { LoadTable } from './load.ts';
import type { NodeSnapshot } from './view.ts';

export class Rotation {
  readonly #credit: number[] = [];

  /** The next of the first `count` candidates; undefined when `count` is 0. */
  next(candidates: readonly NodeSnapshot[], count: number, load: LoadTable): NodeSnapshot | undefined {
    let chosen: NodeSnapshot | undefined;
    let most = 0;
    let total = 0;
    for (let i = 0; i < count; i++) {
      const node = candidates[i];
      if (node === undefined) break;
      const weight = load.weight(node);
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
