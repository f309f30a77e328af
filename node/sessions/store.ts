/**
 * Where sessions are kept. Asynchronous, and written by compare-and-set, because a store may be shared by the nodes of
 * a cluster. Every implementation passes `testing/store-contract.ts`. A store that cannot answer rejects.
 */
import type { Session } from './session.ts';

/** Sessions of one node. The first two are how many there are now, the others how many there have been. */
export interface SessionCounts {
  readonly inactive: number;
  readonly active: number;
  /** Ended before an agent joined. */
  readonly cancelled: number;
  /** Ended after an agent had joined. */
  readonly completed: number;
}

export interface SessionStore {
  /** Adds a new session. False, and nothing is stored, when its `sessionToken` is taken, be it by an ended session. */
  insert(session: Session): Promise<boolean>;

  /** The session as last stored, deactivated ones included. */
  get(sessionToken: string): Promise<Session | undefined>;

  /** The session that has a participant with this token. */
  findByUserToken(userToken: string): Promise<Session | undefined>;

  /**
   * Stores `next`, which has the same `sessionToken`, in the place of `current`. False, and nothing is stored, when the
   * stored revision is not that of `current`: someone else was faster, so read again and decide anew.
   */
  replace(current: Session, next: Session): Promise<boolean>;

  counts(serverName: string): Promise<SessionCounts>;
}
