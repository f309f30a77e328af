/**
 * An open loop: requests begin at fixed times on kept connections, and latency counts from the intended start, so that
 * what waits behind a slow answer shows as well. What finds no connection free waits for one.
 */
import type { Socket } from 'node:net';
import { createHistogram } from 'node:perf_hooks';
import { AnswerCounter } from './answer-counter.ts';
import type { Offer, OfferOutcome } from './load.ts';
import { inTurn, openShared, type SharedReader } from './open.ts';
import { Schedule } from './schedule.ts';
import { Tally } from './tally.ts';

/** From when the last request was due: a contender that is too slow has a long queue then. */
const PATIENCE_MS = 30_000;

/** The kernel adds its timer slack of 50 µs. */
const NAP_MS = 0.02;
const BED = new Int32Array(new SharedArrayBuffer(4));

/**
 * The time counts from when all connections are open to the last answer. Failures are counted, never thrown; a
 * connection that is lost ends the run.
 */
export function offer(load: Offer): Promise<OfferOutcome> {
  return new OpenLoop(load).run();
}

class OpenLoop {
  readonly #load: Offer;
  readonly #tally = new Tally();
  /** How late requests began for which a connection was free. */
  readonly #lateNanos = createHistogram();
  readonly #lanes: readonly Lane[];
  /** The one that has been free for the longest time is first. */
  readonly #free: Lane[] = [];
  #lost = false;

  constructor(load: Offer) {
    this.#load = load;
    this.#lanes = Array.from({ length: load.connections }, (_, index) => {
      return new Lane(load.port, Buffer.from(inTurn(load.requests, index), 'latin1'), {
        answered: (lane, status, millis) => {
          this.#tally.answered(status, millis);
          this.#free.push(lane);
        },
        lost: () => {
          this.#tally.failed();
          this.#lost = true;
        },
      });
    });
  }

  async run(): Promise<OfferOutcome> {
    await Promise.all(this.#lanes.map(({ opened }) => opened));
    this.#free.push(...this.#lanes);
    const began = performance.now();
    await this.#keepTimes(began);
    const outcome = this.#tally.outcome((performance.now() - began) / 1_000);
    for (const lane of this.#lanes) lane.stop();
    return {
      ...outcome,
      p999: this.#tally.micros(99.9),
      max: this.#tally.micros(100),
      late: this.#lateNanos.percentile(99) / 1_000,
    };
  }

  /**
   * Looks at the time in every turn of the event loop and naps in between. Timers count whole milliseconds, in which
   * several requests fall due that would begin as one burst. Without naps the nodes, on the same CPU, would wait for
   * the scheduler to take it away: that is 2 ms at the median.
   */
  #keepTimes(began: number): Promise<void> {
    const { perSecond, seconds } = this.#load;
    const schedule = new Schedule(began, perSecond);
    const until = began + seconds * 1_000;
    return new Promise((over) => {
      const turn = (): void => {
        const now = performance.now();
        this.#beginDue(schedule, Math.min(now, until));
        if (this.#isOver(now - until)) over();
        else {
          Atomics.wait(BED, 0, 0, NAP_MS);
          setImmediate(turn);
        }
      };
      turn();
    });
  }

  #beginDue(schedule: Schedule, time: number): void {
    for (let lane = this.#free[0]; lane !== undefined; lane = this.#free[0]) {
      const due = schedule.next(time);
      if (due === undefined) return;
      this.#free.shift();
      const now = performance.now();
      if (lane.freeSince <= due) this.#lateNanos.record(Math.max(1, Math.round((now - due) * 1e6)));
      lane.send(due);
    }
  }

  /** `millis`: since the last request was due. With all connections free, none waits for one. */
  #isOver(millis: number): boolean {
    if (this.#lost) return true;
    if (millis < 0) return false;
    if (this.#free.length === this.#lanes.length) return true;
    if (millis < PATIENCE_MS) return false;
    this.#tally.failed();
    return true;
  }
}

type LaneHooks = {
  /** `millis`: from when the request was due. */
  readonly answered: (lane: Lane, status: number, millis: number) => void;
  readonly lost: () => void;
};

class Lane implements SharedReader {
  /** Resolves when it is open, or will never be. */
  readonly opened: Promise<void>;
  /** Of `performance.now()`. */
  freeSince = 0;
  readonly #request: Buffer;
  readonly #hooks: LaneHooks;
  readonly #answer = new AnswerCounter();
  readonly #socket: Socket;
  readonly #settle: () => void;
  #due = 0;
  #over = false;

  constructor(port: number, request: Buffer, hooks: LaneHooks) {
    this.#request = request;
    this.#hooks = hooks;
    let settle = (): void => {};
    this.opened = new Promise((resolve) => {
      settle = resolve;
    });
    this.#settle = settle;
    this.#socket = openShared(port, this);
  }

  connected(): void {
    this.#settle();
  }

  send(due: number): void {
    this.#due = due;
    this.#socket.write(this.#request);
  }

  take(buffer: Buffer, length: number): void {
    try {
      if (!this.#answer.take(buffer, length)) return;
    } catch {
      this.lost();
      return;
    }
    this.freeSince = performance.now();
    this.#hooks.answered(this, this.#answer.status, this.freeSince - this.#due);
  }

  stop(): void {
    this.#over = true;
    this.#socket.destroy();
  }

  lost(): void {
    if (this.#over) return;
    this.stop();
    this.#hooks.lost();
    this.#settle();
  }
}
