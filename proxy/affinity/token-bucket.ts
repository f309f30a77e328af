/** A rate limit that allows a burst, of one second's worth unless it is said otherwise. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt: number;

  /** @param now ms of the clock that `take` is given as well */
  constructor(perSecond: number, now: number, burst = perSecond) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAt = now;
  }

  /** Takes one if there is one. A clock that goes back adds nothing. */
  take(now: number): boolean {
    this.#fill(now);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Takes so many, whether they are there or not: what is missing has to come in first. */
  charge(tokens: number, now: number): void {
    this.#fill(now);
    this.#tokens -= tokens;
  }

  /** From the last `take` until there is one again. */
  get secondsToNext(): number {
    return Math.max(0, 1 - this.#tokens) / this.#perSecond;
  }

  #fill(now: number): void {
    const elapsed = Math.max(0, now - this.#filledAt);
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsed * this.#perSecond) / 1000);
    this.#filledAt = now;
  }
}
