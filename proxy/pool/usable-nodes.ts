/**
 * The nodes that a policy may take, with their weights of the moment, and which of them a choice compares.
 *
 * To ask and compare all nodes for each request made a request before 300 nodes a tenth dearer than before three. So
 * the usable ones are found once for each view, their weights once for each move of the load table's clock, and a
 * choice compares no more than 16, which move on by one with each choice: the least of a few is nearly the least of all
 * (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing"), and a node that has just come up empty is
 * not sent everything at once. Up to 16 nodes are all compared.
 */
import type { LoadTable } from './load.ts';
import type { NodeSnapshot } from './view.ts';

const MOST_COMPARED = 16;
/** 2³² divided by the golden ratio (Knuth, Fibonacci hashing): slots in a row are far from each other. */
const SPREAD = 2_654_435_769;

export class UsableNodes {
  /** In step with each other. */
  nodes: readonly NodeSnapshot[] = [];
  weights: readonly number[] = [];
  /** How many a choice compares. */
  compared = 0;
  readonly #usable: (node: NodeSnapshot) => boolean;
  #first = 0;
  #foundIn: readonly NodeSnapshot[] | undefined;
  #weighedAt = 0;
  #slowStart = 0;

  /** @param usable by what the snapshot alone says */
  constructor(usable: (node: NodeSnapshot) => boolean) {
    this.#usable = usable;
  }

  /** `nodes`: of a view, and so never changed in place. */
  follow(nodes: readonly NodeSnapshot[], load: LoadTable): void {
    const isKnown = nodes === this.#foundIn;
    if (isKnown && load.now === this.#weighedAt && load.slowStart === this.#slowStart) return;
    if (!isKnown) this.#find(nodes);
    this.weights = this.nodes.map((node) => load.weight(node));
    this.#weighedAt = load.now;
    this.#slowStart = load.slowStart;
  }

  /** The first position for this choice; the others follow it, and after the last comes position 0. */
  begin(): number {
    if (this.compared === this.nodes.length) return 0;
    this.#first = this.#first + 1 < this.nodes.length ? this.#first + 1 : 0;
    return this.#first;
  }

  #find(nodes: readonly NodeSnapshot[]): void {
    const usable = nodes.filter(this.#usable);
    this.compared = Math.min(usable.length, MOST_COMPARED);
    // Nodes that are configured next to each other are often alike, in their weights as well.
    if (usable.length > MOST_COMPARED) usable.sort((a, b) => spread(a.index) - spread(b.index));
    this.nodes = usable;
    this.#foundIn = nodes;
  }
}

function spread(slot: number): number {
  return Math.imul(slot, SPREAD) >>> 0;
}
