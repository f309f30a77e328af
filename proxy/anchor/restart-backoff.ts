/** How long to wait before a process that died is replaced: no time at all, unless they keep dying young. */

const STEADY_MS = 2000;
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 10_000;

export class RestartBackoff {
  #earlyDeaths = 0;

  /** Processes in a row that died young. */
  get earlyDeaths(): number {
    return this.#earlyDeaths;
  }

  /** `servedMs`: how long the dead one had done its work, 0 when it never came to that. */
  delayAfter(servedMs: number): number {
    if (servedMs >= STEADY_MS) {
      this.#earlyDeaths = 0;
      return 0;
    }
    this.#earlyDeaths++;
    return Math.min(FIRST_DELAY_MS * 2 ** (this.#earlyDeaths - 1), LONGEST_DELAY_MS);
  }
}
