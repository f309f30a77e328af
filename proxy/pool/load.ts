/**
 * What this worker itself has put on each node: plain numbers by node index, written on every request and read by the
 * balancing policies. Local to a worker on purpose: sharing it would cost a message per request and be stale anyway.
 */
import type { NodeSnapshot } from './view.ts';

export class LoadTable {
  readonly #active: number[] = [];
  readonly #assigned: number[] = [];
  /** The report that `#assigned` counts from. */
  readonly #report: number[] = [];

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
