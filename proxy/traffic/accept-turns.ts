/**
 * Workers accept on one socket. Of connections that come all at once, the worker that runs takes one after the other
 * while the others are still waking up; where it pauses after each, they get theirs. Of 64 connections at once the
 * busier of two workers had 73 % (58–84) without pauses and 52 % (50–55) with them, on one CPU for both.
 */
import { TokenBucket } from '../affinity/token-bucket.ts';

/** Pauses in a burst, and each second: a worker that accepts all the time is at most 0.4 % of it paused. */
const PAUSES = 64;
/** The kernel's timer slack makes it some 55 µs. */
const PAUSE_MS = 0.001;

const neverChanges = new Int32Array(new SharedArrayBuffer(4));

export class AcceptTurns {
  readonly #bucket: TokenBucket;

  /** @param now ms of the clock that `pass` is given as well */
  constructor(now: number) {
    this.#bucket = new TokenBucket(PAUSES, now);
  }

  /**
   * After a connection was accepted: blocks for a moment, in which others of these workers can accept. False when it
   * did not.
   */
  pass(workers: number, now: number): boolean {
    if (workers === 1 || !this.#bucket.take(now)) return false;
    Atomics.wait(neverChanges, 0, 0, PAUSE_MS);
    return true;
  }
}
