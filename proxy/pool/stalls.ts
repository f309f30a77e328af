/**
 * Sees that a node has stopped answering before any timeout does: answers are outstanding and none comes, for longer
 * than that node's own recent latency explains. Pure: numbers by node index and the caller's clock.
 *
 * A stall is a suspicion, not a verdict. It is worth an immediate poll, and a reason to prefer other nodes. Long polls
 * are held on purpose and are never counted here, so a node that holds nothing else cannot stall.
 */

/** How much slower than usual is suspicious, and the least that is: a poll costs little, so soon is good. */
const TIMES_USUAL = 4;
const LEAST_MS = 150;
const MOST_MS = 2_000;
/** Weight of the newest latency in the moving average. */
const NEWEST = 0.1;
/** A node that is suspected stays so without a new poll for this long. */
const AGAIN_MS = 500;
/**
 * A request that gave up after this time speaks against the node as if it still waited; one that left sooner does not.
 */
const LEFT_AFTER_MS = 500;
/** For how long it does. */
const LEFT_COUNTS_MS = 2_000;

export interface Debt {
  /** Requests without an answer now, those that gave up waiting meanwhile included. */
  readonly owed: number;
  /** For how long it has owed them without any answer to this worker, ms; 0 when it owes none. */
  readonly owedMs: number;
  /** Since this worker last heard anything from it, ms; -1: never. */
  readonly heardMs: number;
}

interface NodeStall {
  /** Requests sent and without a first byte of answer. */
  waiting: number;
  /** Requests that have given up since it last answered, the latest at `leftAt`. */
  left: number;
  leftAt: number;
  /** When it last answered, or began to owe an answer, ms. */
  progressAt: number;
  /** When it last said anything, ms. */
  heardAt: number;
  timesHeard: number;
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
    this.#forgetLeft(node, now);
    if (node.waiting++ === 0 && node.left === 0) node.progressAt = now;
  }

  /** The first byte of its answer came after `latency` ms. */
  answered(index: number, now: number, latency: number): void {
    const node = this.#at(index);
    node.waiting--;
    node.usual += (latency - node.usual) * NEWEST;
    this.#heard(node, now);
  }

  /** Something came that is not counted here. */
  heard(index: number, now: number): void {
    this.#heard(this.#at(index), now);
  }

  /** Its tunnels carry something, or an answer goes on: it works, whatever it owes. */
  alive(index: number, now: number): void {
    const node = this.#at(index);
    node.heardAt = now;
    node.timesHeard++;
  }

  /** It ended without an answer after `waited` ms: its client left, or it went elsewhere. */
  gaveUp(index: number, now: number, waited: number): void {
    const node = this.#at(index);
    node.waiting--;
    if (waited < LEFT_AFTER_MS) return;
    node.left++;
    node.leftAt = now;
  }

  /** The node's state has changed: what it still owes counts from now on. */
  forgive(index: number, now: number): void {
    const node = this.#at(index);
    node.left = 0;
    node.progressAt = now;
    this.#clear(node);
  }

  /** What the node owes. */
  debt(index: number, now: number): Debt {
    const node = this.#at(index);
    this.#forgetLeft(node, now);
    const owed = node.waiting + node.left;
    return {
      owed,
      owedMs: owed === 0 ? 0 : Math.max(0, now - node.progressAt),
      heardMs: node.heardAt < 0 ? -1 : Math.max(0, now - node.heardAt),
    };
  }

  /** How often it has said anything. */
  timesHeard(index: number): number {
    return this.#nodes[index]?.timesHeard ?? 0;
  }

  isStalled(index: number): boolean {
    return this.#nodes[index]?.stalled ?? false;
  }

  /**
   * Calls `suspect` for each node that has newly stalled, and again every half second while it stays so. Whether any
   * node owes an answer.
   */
  check(now: number, suspect: (index: number) => void): boolean {
    let isOwed = false;
    for (let index = 0; index < this.#nodes.length; index++) {
      const node = this.#nodes[index];
      if (node === undefined) continue;
      this.#forgetLeft(node, now);
      if (node.waiting + node.left === 0) {
        this.#clear(node);
        continue;
      }
      isOwed = true;
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
    return isOwed;
  }

  #heard(node: NodeStall, now: number): void {
    node.left = 0;
    node.progressAt = now;
    node.heardAt = now;
    node.timesHeard++;
    this.#clear(node);
  }

  #forgetLeft(node: NodeStall, now: number): void {
    if (now - node.leftAt > LEFT_COUNTS_MS) node.left = 0;
  }

  #clear(node: NodeStall): void {
    if (!node.stalled) return;
    node.stalled = false;
    this.#stalled--;
  }

  #at(index: number): NodeStall {
    let node = this.#nodes[index];
    if (node === undefined) {
      node = {
        waiting: 0,
        left: 0,
        leftAt: 0,
        progressAt: 0,
        heardAt: -1,
        timesHeard: 0,
        usual: 0,
        stalled: false,
        suspectedAt: Number.NEGATIVE_INFINITY,
      };
      this.#nodes[index] = node;
    }
    return node;
  }
}
