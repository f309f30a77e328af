/** What the primary counts about the nodes: polls by result, changes of state. */
import { FAILURE_REASONS, type HealthResult, type Transition } from '../pool/health.ts';
import type { NodeState } from '../pool/view.ts';
import { type Counts, NODE_STATES, zeroes } from './labels.ts';

export const POLL_RESULTS = ['ok', ...FAILURE_REASONS] as const;
export type PollResult = (typeof POLL_RESULTS)[number];

export class PoolCounters {
  readonly #polls = new Map<string, Counts<PollResult>>();
  readonly #stateChanges = new Map<string, Counts<NodeState>>();

  constructor(nodeNames: readonly string[]) {
    this.add(nodeNames);
  }

  /** Counts for these nodes as well, from 0 for those that are new. */
  add(nodeNames: readonly string[]): void {
    for (const name of nodeNames) {
      if (this.#polls.has(name)) continue;
      this.#polls.set(name, zeroes(POLL_RESULTS));
      this.#stateChanges.set(name, zeroes(NODE_STATES));
    }
  }

  /** By node name. */
  get polls(): ReadonlyMap<string, Readonly<Counts<PollResult>>> {
    return this.#polls;
  }

  /** By node name and the state that it went to. */
  get stateChanges(): ReadonlyMap<string, Readonly<Counts<NodeState>>> {
    return this.#stateChanges;
  }

  polled(node: string, result: HealthResult): void {
    const counts = this.#polls.get(node);
    if (counts) counts[result.kind === 'ok' ? 'ok' : result.reason]++;
  }

  /** A node that restarted without being missed is still in the state that it was: that is no change. */
  changed(node: string, { from, to }: Pick<Transition, 'from' | 'to'>): void {
    const counts = this.#stateChanges.get(node);
    if (counts && from !== to) counts[to]++;
  }
}
