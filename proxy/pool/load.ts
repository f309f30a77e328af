/**
 * What this worker itself has put on each node: plain numbers by node index, written on every request and read by the
 * balancing policies. Local to a worker on purpose: sharing it would cost a message per request and be stale anyway.
 */
import type { NodeSnapshot } from './view.ts';

/** Of its weight, for a node that has come up this moment: nothing at all would never find out that it is well. */
const LEAST_SHARE = 0.1;

export class LoadTable {
  readonly #active: number[] = [];
  readonly #assigned: number[] = [];
  /** The report that `#assigned` counts from. */
  readonly #report: number[] = [];

  /** ms since the epoch, moved on by the owner: exact to a sweep is exact enough here. */
  now = 0;
  /** ms until a node that has come up gets its whole weight; 0: at once. */
  slowStart = 0;

  /** The node's weight, less while it has just come up: a cold process is not given its whole share at once. */
  weight(node: NodeSnapshot): number {
    const up = this.now - node.since;
    if (this.slowStart === 0 || up >= this.slowStart) return node.weight;
    return node.weight * Math.max(LEAST_SHARE, up / this.slowStart);
  }

  /** A request or tunnel begins on a node. Every `begin` has exactly one `end`. */
  begin(index: number): void {
    this.#active[index] = (this.#active[index] ?? 0) + 1;
  }

  end(index: number): void {
    this.#active[index] = (this.#active[index] ?? 0) - 1;
  }

  /** Requests and tunnels under way on a node. */
  active(index: number): number {
    return this.#active[index] ?? 0;
  }

  /** A request of class `create` is sent to a node: a session that its last report cannot know of. */
  assign(node: NodeSnapshot): void {
    this.#assigned[node.index] = this.assigned(node) + 1;
    this.#report[node.index] = node.reportedAt;
  }

  /** Sessions assigned to a node since its last report. */
  assigned(node: NodeSnapshot): number {
    return this.#report[node.index] === node.reportedAt ? (this.#assigned[node.index] ?? 0) : 0;
  }
}
