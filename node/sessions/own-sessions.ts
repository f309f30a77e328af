/**
 * The live sessions of this node, and how many have ended: what to count, what has idled too long, what to write again.
 * Pure bookkeeping without store and clock: times are ms of a clock that never goes back, passed in by the caller.
 */
import type { Lifetimes } from './lifetimes.ts';
import { renewalMs } from './lifetimes.ts';
import type { DeactivatedSession, LiveSession } from './session.ts';

/** Sessions of one node since its start. */
export interface SessionCounts {
  /** `inactive` and `active` together. */
  readonly live: number;
  readonly inactive: number;
  readonly active: number;
  /** Ended before an agent joined. */
  readonly cancelled: number;
  /** Ended after an agent had joined. */
  readonly completed: number;
}

export interface IdleSession {
  readonly sessionToken: string;
  readonly cause: 'never_joined' | 'abandoned';
}

interface OwnSession {
  active: boolean;
  /** While inactive the time of creation, then of the last sign of life. */
  idleSince: number;
  writtenAt: number;
}

export class OwnSessions {
  readonly #lifetimes: Pick<Lifetimes, 'neverJoinedMs' | 'abandonedMs'>;
  readonly #renewalMs: number;
  readonly #live = new Map<string, OwnSession>();
  #active = 0;
  #cancelled = 0;
  #completed = 0;

  constructor(lifetimes: Lifetimes) {
    this.#lifetimes = lifetimes;
    this.#renewalMs = renewalMs(lifetimes);
  }

  has(sessionToken: string): boolean {
    return this.#live.has(sessionToken);
  }

  get tokens(): readonly string[] {
    return [...this.#live.keys()];
  }

  get counts(): SessionCounts {
    const live = this.#live.size;
    return {
      live,
      inactive: live - this.#active,
      active: this.#active,
      cancelled: this.#cancelled,
      completed: this.#completed,
    };
  }

  /** A new session, inactive. */
  add(sessionToken: string, now: number): void {
    this.#live.set(sessionToken, { active: false, idleSince: now, writtenAt: now });
  }

  /** The session as it was written now; whoever changes a session is a sign of life. */
  written({ sessionToken, state }: LiveSession, now: number): void {
    const own = this.#live.get(sessionToken);
    if (own === undefined) return;
    own.writtenAt = now;
    if (state !== 'active') return;
    if (!own.active) this.#active++;
    own.active = true;
    own.idleSince = now;
  }

  /** The session was written now without having changed. */
  renewed(sessionToken: string, now: number): void {
    const own = this.#live.get(sessionToken);
    if (own !== undefined) own.writtenAt = now;
  }

  /** Someone is there. That does not keep an inactive session: its customer waits for an agent, but not for ever. */
  touch(sessionToken: string, now: number): void {
    const own = this.#live.get(sessionToken);
    if (own?.active) own.idleSince = now;
  }

  /** Counts the end. False when it has been told already, or the session was never this node's. */
  end({ sessionToken, activatedAt }: DeactivatedSession): boolean {
    const own = this.#live.get(sessionToken);
    if (own === undefined) return false;
    this.#live.delete(sessionToken);
    if (own.active) this.#active--;
    if (activatedAt === undefined) this.#cancelled++;
    else this.#completed++;
    return true;
  }

  /** Takes out a session of which the store knows nothing any more, and counts no end. */
  forget(sessionToken: string): void {
    if (this.#live.get(sessionToken)?.active) this.#active--;
    this.#live.delete(sessionToken);
  }

  /** Those that have idled for their whole time. */
  idle(now: number): readonly IdleSession[] {
    const { neverJoinedMs, abandonedMs } = this.#lifetimes;
    const idle: IdleSession[] = [];
    for (const [sessionToken, { active, idleSince }] of this.#live) {
      if (now - idleSince < (active ? abandonedMs : neverJoinedMs)) continue;
      idle.push({ sessionToken, cause: active ? 'abandoned' : 'never_joined' });
    }
    return idle;
  }

  /** Those that the store should be given again. */
  due(now: number): readonly string[] {
    const due: string[] = [];
    for (const [sessionToken, { writtenAt }] of this.#live) {
      if (now - writtenAt >= this.#renewalMs) due.push(sessionToken);
    }
    return due;
  }
}
