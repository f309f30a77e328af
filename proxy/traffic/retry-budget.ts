/**
 * How many requests may be sent again: a share of those that came, so that retries cannot multiply the load on nodes
 * that are failing because of load. Pure.
 */
export class RetryBudget {
  readonly #share: number;
  readonly #most: number;
  #left: number;

  /**
   * @param percent retries that 100 requests earn
   * @param most retries that may be saved up, and the budget to begin with: a small site may retry, too
   */
  constructor(percent: number, most: number) {
    this.#share = percent / 100;
    this.#most = most;
    this.#left = most;
  }

  /** A request came. */
  earn(): void {
    if (this.#left < this.#most) this.#left = Math.min(this.#most, this.#left + this.#share);
  }

  /** True when one more retry is within the budget; it is used up then. */
  spend(): boolean {
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
