/**
 * What one worker's traffic shows of each node: counted on the way of every request as plain numbers by node index, and
 * told to the primary a few times a second.
 */
import type { StallDetector } from './stalls.ts';
import type { NodeSnapshot } from './view.ts';

/** Since the worker told last. */
export interface NodeSigns {
  /** Its name. */
  readonly node: string;
  /** Answers that were no failures. */
  readonly successes: number;
  /** Failures after the last success. */
  readonly failures: number;
  /** Requests without an answer now, those that gave up waiting meanwhile included. */
  readonly owed: number;
  /** For how long it has owed them without any answer to this worker, ms; 0 when it owes none. */
  readonly owedMs: number;
  /** Since this worker last heard anything from it, ms; -1: never. */
  readonly heardMs: number;
}

export class Signs {
  readonly #stalls: StallDetector;
  readonly #successes: number[] = [];
  readonly #failures: number[] = [];

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
      if (successes + failures + owed === 0) continue;
      this.#successes[index] = 0;
      this.#failures[index] = 0;
      signs.push({ node: name, successes, failures, owed, owedMs, heardMs });
    }
    return signs;
  }
}

/**
 * Whether a 5xx answer speaks against the node. 501 and 505 are about the request, and a 503 that says when to come back,
 * or that no session can be created, is of a node that knows how much it can take (RFC 9110 §15.6.4).
 */
export function speaksAgainst(status: number, creates: boolean, retryAfter: boolean): boolean {
  return status !== 501 && status !== 505 && (status !== 503 || !(creates || retryAfter));
}
