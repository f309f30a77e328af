/**
 * Looks at an interval who has to go by the clock. When the process itself has not run for a while (a long turn of the
 * event loop, SIGSTOP, a virtual machine that was paused), what clients have sent meanwhile waits unread, so one look
 * is left out: nobody is gone for being unheard.
 */

export class Expiry {
  readonly #everyMs: number;
  readonly #sweep: (now: number) => void;
  readonly #timer: NodeJS.Timeout;
  #lookedAt = performance.now();

  /** `sweep` gets the time in ms of the monotonic clock. */
  constructor(everyMs: number, sweep: (now: number) => void) {
    this.#everyMs = everyMs;
    this.#sweep = sweep;
    this.#timer = setInterval(() => this.#look(), everyMs);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    const stalled = now - this.#lookedAt > 2 * this.#everyMs;
    this.#lookedAt = now;
    if (!stalled) this.#sweep(now);
  }
}
