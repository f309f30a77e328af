/**
 * Sees that a node has stopped answering before any timeout does: answers are outstanding and none comes, for longer
 * than that node's own recent latency explains. Pure: numbers by node index and the caller's clock.
 *
 * A stall is a suspicion, not a verdict. It is worth an immediate poll, and a reason to prefer other nodes. Long polls
 * are held on purpose and are never counted here, so a node that holds nothing else cannot stall.
 */

/** How much slower than usual is suspicious, and the least that is: a poll costs little, so soon is good. */
const TIMES_USUAL = 4;
const LEAST_MS = 250;
const MOST_MS = 2_000;
/** Weight of the newest latency in the moving average. */
const NEWEST = 0.1;
/** A node that is suspected stays so without a new poll for this long. */
const AGAIN_MS = 500;

interface NodeStall {
  /** Requests sent and without a first byte of answer. */
  waiting: number;
  /** When it last answered, or began to owe an answer, ms. */
  progressAt: number;
  /** Moving average of the time to the first byte, ms. */
  usual: number;
  stalled: boolean;
  suspectedAt: number;
}

export class StallDetector {
  readonly #nodes: NodeStall[] = [];
  #stalled = 0;

  /** Some node is stalled: cheap to ask on the hot path. */
  get any(): boolean {
    return this.#stalled > 0;
  }

  /** A request is sent as a whole; exactly one `answered` or `gaveUp` follows. */
  sent(index: number, now: number): void {
    const node = this.#at(index);
    if (node.waiting++ === 0) node.progressAt = now;
  }

  /** The first byte of its answer came after `latency` ms. */
  answered(index: number, now: number, latency: number): void {
    const node = this.#at(index);
    node.waiting--;
    node.progressAt = now;
    node.usual += (latency - node.usual) * NEWEST;
    this.#clear(node);
  }

  /** It ended without an answer: its client left, or it went elsewhere. */
  gaveUp(index: number): void {
    this.#at(index).waiting--;
  }

  /** The node was polled and is well, ejected or gone: begin anew. */
  forgive(index: number, now: number): void {
    const node = this.#at(index);
    node.progressAt = now;
    this.#clear(node);
  }

  isStalled(index: number): boolean {
    return this.#nodes[index]?.stalled ?? false;
  }

  /** Calls `suspect` for each node that has newly stalled, and again every half second while it stays so. */
  check(now: number, suspect: (index: number) => void): void {
    for (let index = 0; index < this.#nodes.length; index++) {
      const node = this.#nodes[index];
      if (node === undefined) continue;
      if (node.waiting <= 0) {
        this.#clear(node);
        continue;
      }
      const patience = Math.min(MOST_MS, Math.max(LEAST_MS, node.usual * TIMES_USUAL));
      if (now - node.progressAt <= patience) continue;
      if (!node.stalled) {
        node.stalled = true;
        this.#stalled++;
        node.suspectedAt = Number.NEGATIVE_INFINITY;
      }
      if (now - node.suspectedAt < AGAIN_MS) continue;
      node.suspectedAt = now;
      suspect(index);
    }
  }

  #clear(node: NodeStall): void {
    if (!node.stalled) return;
    node.stalled = false;
    this.#stalled--;
  }

  #at(index: number): NodeStall {
    let node = this.#nodes[index];
    if (node === undefined) {
      node = { waiting: 0, progressAt: 0, usual: 0, stalled: false, suspectedAt: Number.NEGATIVE_INFINITY };
      this.#nodes[index] = node;
    }
    return node;
  }
}
