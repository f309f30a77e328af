/**
 * Requests at fixed times, so few that they show what each of them waits for: a step in the latency, not saturation.
 * Looks at the time every millisecond. What is late for that, with a connection free, is this process's own fault, and
 * counts from when it was sent; what finds no connection free counts from when it was due.
 */
import type { Socket } from 'node:net';
import { AnswerCounter } from './answer-counter.ts';
import { inTurn, openShared, type SharedReader } from './open.ts';
import { expectOk } from './send-all.ts';

export type PacedLoad = {
  readonly port: number;
  /** Whole requests, latin1, in turn. */
  readonly requests: readonly string[];
  readonly connections: number;
  readonly perSecond: number;
  /** That count; half a second before them is for both sides to get warm. */
  readonly seconds: number;
};

/** Latencies in ms. */
export type PacedOutcome = {
  readonly requests: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
};

const TICK_MS = 1;
const WARMING_SECONDS = 0.5;

/** Rejects when a connection is lost or an answer is not 2xx. */
export function pace(load: PacedLoad): Promise<PacedOutcome> {
  return new Promise((resolve, reject) => new Pace(load, resolve, reject));
}

class Pace {
  readonly #load: PacedLoad;
  readonly #requests: readonly Buffer[];
  readonly #lanes: readonly Lane[];
  readonly #free: Lane[] = [];
  readonly #latencies: number[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #over: (outcome: PacedOutcome) => void;
  #began = 0;
  #sent = 0;

  constructor(load: PacedLoad, over: (outcome: PacedOutcome) => void, failed: (error: unknown) => void) {
    this.#load = load;
    this.#requests = load.requests.map((request) => Buffer.from(request, 'latin1'));
    this.#over = over;
    const fail = (error: unknown): void => {
      this.#stop();
      failed(error);
    };
    const answered = (lane: Lane, millis: number): void => {
      if (millis >= 0) this.#latencies.push(millis);
      this.#free.push(lane);
      if (millis < 0 && this.#free.length === load.connections) this.#began = performance.now();
    };
    this.#lanes = Array.from({ length: load.connections }, () => new Lane(load.port, answered, fail));
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  #tick(): void {
    if (this.#began === 0) return;
    const now = performance.now();
    const { perSecond, seconds } = this.#load;
    while (this.#sent < perSecond * (WARMING_SECONDS + seconds)) {
      const due = this.#began + (this.#sent * 1_000) / perSecond;
      const lane = due <= now ? this.#free.shift() : undefined;
      if (lane === undefined) return;
      lane.send(inTurn(this.#requests, this.#sent++), lane.freeSince <= due ? now : due);
    }
    if (this.#free.length === this.#load.connections) this.#finish();
  }

  #finish(): void {
    this.#stop();
    const measured = this.#latencies.slice(this.#load.perSecond * WARMING_SECONDS);
    const sorted = measured.toSorted((a, b) => a - b);
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    this.#over({ requests: sorted.length, p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) });
  }

  #stop(): void {
    clearInterval(this.#timer);
    for (const lane of this.#lanes) lane.stop();
  }
}

class Lane implements SharedReader {
  freeSince = 0;
  readonly #answered: (lane: Lane, millis: number) => void;
  readonly #failed: (error: unknown) => void;
  readonly #answer = new AnswerCounter();
  readonly #socket: Socket;
  #since = 0;
  #over = false;

  /** `answered`: with -1 ms when it has opened. */
  constructor(port: number, answered: (lane: Lane, millis: number) => void, failed: (error: unknown) => void) {
    this.#answered = answered;
    this.#failed = failed;
    this.#socket = openShared(port, this);
  }

  connected(): void {
    this.#answered(this, -1);
  }

  send(request: Buffer, since: number): void {
    this.#since = since;
    this.#socket.write(request);
  }

  take(buffer: Buffer, length: number): void {
    try {
      if (!this.#answer.take(buffer, length)) return;
      expectOk(this.#answer.status);
    } catch (error) {
      this.#failed(error);
      return;
    }
    this.freeSince = performance.now();
    this.#answered(this, this.freeSince - this.#since);
  }

  lost(): void {
    if (!this.#over) this.#failed(new Error('a connection was lost'));
  }

  stop(): void {
    this.#over = true;
    this.#socket.destroy();
  }
}
