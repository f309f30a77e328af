/** A transition over a store that others write to as well. */
import { keepMs, type Lifetimes } from './lifetimes.ts';
import type { Session } from './session.ts';
import { type SessionStore, StoreUnavailable } from './store.ts';

/** Each round one of those who write at the same time gets on; these are more than the participants of a session. */
const MAX_ROUNDS = 100;

/** What becomes of a session, in a result: nothing when there is none in it, or the one that was read. */
export interface Decision {
  readonly outcome: string;
  readonly session?: Session;
}

export interface Change<Result> {
  readonly result: Result;
  /** The session as it was stored; undefined when nothing was. */
  readonly written: Session | undefined;
}

/**
 * Reads, decides and writes, again when another writer came in between. Undefined when there is nothing to read. A lost
 * round means that another writer got on, so the rounds end, unless the store contradicts itself: that rejects with
 * `StoreUnavailable`.
 */
export async function changeSession<Result extends Decision>(
  store: SessionStore,
  lifetimes: Lifetimes,
  read: () => Promise<Session | undefined>,
  decide: (session: Session) => Result,
): Promise<Change<Result> | undefined> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const current = await read();
    if (current === undefined) return undefined;
    const result = decide(current);
    const next = result.session;
    if (next === undefined || next.revision === current.revision) return { result, written: undefined };
    if (await store.replace(current, next, keepMs(next, lifetimes))) return { result, written: next };
  }
  throw new StoreUnavailable(`the store refused ${MAX_ROUNDS} writes to one session`);
}
