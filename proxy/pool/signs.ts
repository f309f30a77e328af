/**
 * What one worker's traffic shows of each node: counted on the way of every request as plain numbers by node index, and
 * told to the primary a few times a second.
 */
import type { Debt, StallDetector } from './stalls.ts';
import type { NodeSnapshot } from './view.ts';

/** Since the worker told last. */
export interface NodeSigns extends Debt {
  /** Its name. */
  readonly node: string;
  /** Answers that were no failures. */
  readonly successes: number;
  /** Failures after the last success. */
  readonly failures: number;
}

export class Signs {
  readonly #stalls: StallDetector;
  readonly #successes: number[] = [];
  readonly #failures: number[] = [];
  #takenAt = 0;

  constructor(stalls: StallDetector) {
    this.#stalls = stalls;
  }

  succeeded(index: number): void {
    this.#successes[index] = (this.#successes[index] ?? 0) + 1;
    this.#failures[index] = 0;
  }

  failed(index: number): void {
    this.#failures[index] = (this.#failures[index] ?? 0) + 1;
  }

  /** Of the nodes that there is something to tell of; counts begin anew. `now`: as of the stall detector. */
  take(nodes: readonly NodeSnapshot[], now: number): readonly NodeSigns[] {
    const signs: NodeSigns[] = [];
    for (const { index, name } of nodes) {
      const successes = this.#successes[index] ?? 0;
      const failures = this.#failures[index] ?? 0;
      const { owed, owedMs, heardMs } = this.#stalls.debt(index, now);
      // Its tunnels are heard at the time of the last sweep, which may be that of the last telling.
      const heard = heardMs >= 0 && heardMs <= now - this.#takenAt;
      if (successes + failures + owed === 0 && !heard) continue;
      signs.push({ node: name, successes, failures, owed, owedMs, heardMs });
    }
    this.#takenAt = now;
    // Of nodes that are in no pool now, too: nobody is to hear of that when they are back.
    this.#successes.fill(0);
    this.#failures.fill(0);
    return signs;
  }
}
