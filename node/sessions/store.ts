/**
 * Where sessions are kept. Asynchronous, and written by compare-and-set, because a store may be shared by the nodes of
 * a cluster. Every implementation passes `testing/store-contract.ts`. Durations are ms.
 */
import type { SessionHistory } from './history.ts';
import type { DeactivatedSession, Session } from './session.ts';

/** What a store rejects with when it cannot answer now; it tries to get well by itself. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

export type StoreStatus =
  | { readonly state: 'ready' }
  /** For how long it has not answered. */
  | { readonly state: 'unavailable'; readonly forMs: number };

export type KeepOutcome =
  | { readonly outcome: 'kept' }
  /** Another node had ended it: that stands, and nothing was stored. */
  | { readonly outcome: 'ended'; readonly session: DeactivatedSession }
  /** The token belongs to another session now, and nothing was stored. */
  | { readonly outcome: 'displaced' };

/** Whoever owns sessions in a store that others write to as well. Calls come at any time, outside of any operation. */
export interface StoreWatcher {
  /** Another node has ended a session of this one. May be told more than once. */
  ended(session: DeactivatedSession): void;
  /** The store answers again, and may have lost what it had: give it the live sessions again, by `keep`. */
  recovered(): void;
}

export interface SessionStore {
  /**
   * Adds a new session and forgets it after `ttlMs`. False, and nothing is stored, when its `sessionToken` is taken, be
   * it by an ended session.
   */
  insert(session: Session, ttlMs: number): Promise<boolean>;

  /** The session as last stored, deactivated ones included, until it is forgotten. */
  get(sessionToken: string): Promise<Session | undefined>;

  /** The session that has a participant with this token. */
  findByUserToken(userToken: string): Promise<Session | undefined>;

  /**
   * Stores `next`, which has the same `sessionToken`, in the place of `current` and forgets it after `ttlMs`. False,
   * and nothing is stored, when the stored revision is not that of `current`: someone else was faster, so read again
   * and decide anew.
   */
  replace(current: Session, next: Session, ttlMs: number): Promise<boolean>;

  /**
   * Makes sure that the store has a session that this node owns, and forgets it after `ttlMs`: it renews what would be
   * forgotten, and gives back what was lost. An end by another node stands, as the first end does.
   */
  keep(session: Session, ttlMs: number): Promise<KeepOutcome>;

  /**
   * Stores a history in the place of what there is under its id and forgets it after `ttlMs`, or earlier when there are
   * many.
   */
  saveHistory(history: SessionHistory, ttlMs: number): Promise<void>;

  findHistory(id: string): Promise<SessionHistory | undefined>;

  status(): StoreStatus;

  /** At most one watcher, before anything is stored. */
  watch(watcher: StoreWatcher): void;

  /** Forgets what is due, where that does not happen by itself. Called every few seconds. */
  sweep(): void;

  close(): Promise<void>;
}
