/**
 * All deadlines of one worker: each connection has a number, and one sweep every 50 ms looks who is past it. Setting
 * a deadline is one assignment, where a timer per request would cost two list operations and an object. Of many
 * connections each sweep looks at a part, so that those that are idle cost little; and while nothing begins and nobody
 * is waited for, sweeps are rarer: each is a turn of the process, with caches that others have used meanwhile.
 */

export const NEVER = Number.POSITIVE_INFINITY;
const SWEEP_INTERVAL_MS = 50;
/** Of so many, all are looked at each time; of more, all within `SWEEPS`: deadlines are then kept within 0.4 s. */
const ALL = 1_000;
const SWEEPS = 8;
const QUIET_INTERVAL_MS = 200;
/** Deadlines are then kept within a second. They are late, as `now` may be old when they are set, and never early. */
const QUIET_SWEEPS = 4;
/** After so many sweeps in which there was nothing to be quick for. */
const QUIET_AFTER = 20;
/**
 * This late, the process itself did not run (a long turn, SIGSTOP, a paused machine), and what peers sent waits unread:
 * it is read before the next sweep, and the one that is late looks at nobody. Of sweeps that are less late than
 * `STALL_MS` the second in a row looks: a busy process is late again and again, and has deadlines all the same.
 */
const LATE_MS = 100;
const STALL_MS = 1_000;

export interface Timed {
  /** On the clock of `Deadlines.now`; NEVER for none. */
  deadline: number;
  /** Kept by `Deadlines`: position in its list, -1 outside. */
  sweepIndex: number;
  onDeadline(): void;
}

export class Deadlines {
  /** ms of a monotonic clock, as of the last sweep: exact enough for deadlines, and free to read. */
  now = performance.now();
  readonly #items: Timed[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** When the next sweep should be. */
  #due = 0;
  /** The last sweep was late. */
  #wasLate = false;
  /** Where the next sweep begins; below 0: at the end. */
  #next = -1;
  /** Sweeps since there was something to be quick for. */
  #calm = 0;
  readonly #onSweep: (now: number) => boolean;

  /**
   * `onSweep`: what else is to be looked at each time; `now` in ms of the monotonic clock. Tells whether it has to be
   * looked at again soon.
   */
  constructor(onSweep: (now: number) => boolean = () => false) {
    this.#onSweep = onSweep;
  }

  start(): void {
    const interval = this.#isQuiet ? QUIET_INTERVAL_MS : SWEEP_INTERVAL_MS;
    this.#due = performance.now() + interval;
    this.#timer = setTimeout(() => this.#sweep(), interval).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Something begins. */
  wake(): void {
    const wasQuiet = this.#isQuiet;
    this.#calm = 0;
    if (wasQuiet) this.#hurry();
  }

  add(item: Timed): void {
    item.sweepIndex = this.#items.push(item) - 1;
  }

  remove(item: Timed): void {
    const index = item.sweepIndex;
    const last = this.#items.pop();
    if (last !== undefined && last !== item) {
      this.#items[index] = last;
      last.sweepIndex = index;
    }
    item.sweepIndex = -1;
  }

  /** Backwards, so that an item which removes itself only moves one that was looked at already. */
  #sweep(): void {
    const now = performance.now();
    const isLate = now - this.#due > LATE_MS;
    const looksAtNobody = now - this.now > STALL_MS || (isLate && !this.#wasLate);
    this.#wasLate = isLate;
    this.now = now;
    this.start();
    if (looksAtNobody) return;
    const items = this.#items;
    if (this.#next < 0 || this.#next >= items.length) this.#next = items.length - 1;
    const sweeps = this.#isQuiet ? QUIET_SWEEPS : SWEEPS;
    const due = this.#isQuiet ? now - QUIET_INTERVAL_MS : now;
    const last = Math.max(0, this.#next + 1 - Math.max(ALL, Math.ceil(items.length / sweeps)));
    for (let i = this.#next; i >= last; i--) {
      const item = items[i];
      if (item !== undefined && item.deadline <= due) item.onDeadline();
    }
    this.#next = last - 1;
    if (this.#onSweep(now)) this.wake();
    else this.#calm++;
  }

  get #isQuiet(): boolean {
    return this.#calm >= QUIET_AFTER;
  }

  #hurry(): void {
    if (this.#timer === undefined) return;
    const now = performance.now();
    // Of a process that did not run, the next sweep has to know.
    if (now - this.now <= STALL_MS) this.now = now;
    this.stop();
    this.start();
  }
}
