/** The last polls of each node, for people to look at. */
import type { PollResult } from '../observe/pool-counters.ts';
import type { HealthResult } from '../pool/health.ts';

const KEPT = 20;

export interface LoggedPoll {
  /** ms since the epoch. */
  readonly at: number;
  readonly result: PollResult;
  readonly ms: number;
}

export class PollLog {
  readonly #polls = new Map<string, LoggedPoll[]>();

  polled(node: string, result: HealthResult, ms: number, at = Date.now()): void {
    let polls = this.#polls.get(node);
    if (polls === undefined) {
      polls = [];
      this.#polls.set(node, polls);
    }
    if (polls.length === KEPT) polls.shift();
    polls.push({ at, result: result.kind === 'ok' ? 'ok' : result.reason, ms: Math.round(ms * 10) / 10 });
  }

  /** Oldest first; those of `since` (ms since the epoch) and later. */
  of(node: string, since = 0): readonly LoggedPoll[] {
    const polls = this.#polls.get(node) ?? [];
    const first = polls.findIndex(({ at }) => at >= since);
    return first === -1 ? [] : polls.slice(first);
  }

  get all(): Readonly<Record<string, readonly LoggedPoll[]>> {
    return Object.fromEntries(this.#polls);
  }

  /** Forgets all nodes but these. */
  keep(nodes: ReadonlySet<string>): void {
    for (const name of [...this.#polls.keys()]) if (!nodes.has(name)) this.#polls.delete(name);
  }
}
