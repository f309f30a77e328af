/** How long sessions and their histories are kept: durations in ms, and the arithmetic over them. */
import type { Session } from './session.ts';

export interface Lifetimes {
  /**
   * From creation until a session that no agent has joined is cancelled; whether its customer is connected is no
   * matter.
   */
  readonly neverJoinedMs: number;
  /** From the last sign of life of any participant until an active session ends. */
  readonly abandonedMs: number;
  /** From its end until a session is forgotten; until then stop gives the same answer again, and its token is taken. */
  readonly retentionMs: number;
  /** From the end of a session until its history is forgotten. */
  readonly historyMs: number;
}

const MINUTE_MS = 60_000;

export const DEFAULT_LIFETIMES: Lifetimes = {
  neverJoinedMs: 10 * MINUTE_MS,
  abandonedMs: 10 * MINUTE_MS,
  retentionMs: 10 * MINUTE_MS,
  historyMs: 60 * MINUTE_MS,
};

/**
 * How much longer a store keeps a live session than its owner lets it idle: the owner ends it, tells its participants
 * and counts it. The store's own expiry is for sessions whose owner has died.
 */
const STORE_MARGIN_MS = MINUTE_MS;

/** For how long a store keeps the session from now on, unless it is written again. */
export function keepMs(session: Session, lifetimes: Lifetimes): number {
  switch (session.state) {
    case 'inactive':
      return lifetimes.neverJoinedMs + STORE_MARGIN_MS;
    case 'active':
      return lifetimes.abandonedMs + STORE_MARGIN_MS;
    case 'deactivated':
      return lifetimes.retentionMs;
  }
}

/** For how long a store keeps the history of a session from now on, unless it is written again. */
export function keepHistoryMs(session: Session, lifetimes: Lifetimes): number {
  return lifetimes.historyMs + (session.state === 'deactivated' ? 0 : keepMs(session, lifetimes));
}

/** How often the owner writes its live sessions again, so that a store which expires them by itself does not. */
export function renewalMs(lifetimes: Lifetimes): number {
  return Math.min(lifetimes.neverJoinedMs, lifetimes.abandonedMs) / 2;
}
