/** The last changes of nodes' states, for who begins to look after them. */
import { isoTime } from '../observe/iso-time.ts';
import type { NodeTransition } from '../pool/poller.ts';

const KEPT = 200;

export interface StateChange {
  readonly at: string;
  readonly node: string;
  readonly from: NodeTransition['from'];
  /** The same as `from` when it was restarted without being missed. */
  readonly to: NodeTransition['to'];
  readonly reason: NodeTransition['reason'];
  /** More of the reason, null for none. */
  readonly why: string | null;
}

export class StateChanges {
  readonly #changes: StateChange[] = [];

  /** Oldest first. */
  get list(): readonly StateChange[] {
    return [...this.#changes];
  }

  changed({ node, from, to, reason, why }: NodeTransition, at = Date.now()): StateChange {
    const change = { at: isoTime(at), node, from, to, reason, why: why ?? null };
    if (this.#changes.length === KEPT) this.#changes.shift();
    this.#changes.push(change);
    return change;
  }
}
