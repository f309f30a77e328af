/**
 * What one node does with sessions: the transitions of `session.ts` over a store, and the end of those that idle. REST
 * and the live channel call it. Outcomes are data; a rejection with `StoreUnavailable` means that the store cannot
 * answer now.
 */
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { performance } from 'node:perf_hooks';
import { type Logger, pino } from 'pino';
import { inBatches } from './batches.ts';
import { changeSession, type Decision } from './change.ts';
import { Historian } from './historian.ts';
import type { SessionHistory } from './history.ts';
import { DEFAULT_LIFETIMES, keepMs, type Lifetimes } from './lifetimes.ts';
import type { CreateOutcome, ExitOutcome, JoinOutcome, PageOutcome, SessionEvents, StopOutcome } from './outcomes.ts';
import { type IdleSession, OwnSessions, type SessionCounts } from './own-sessions.ts';
import type { SessionServiceOptions } from './service-options.ts';
import {
  createSession,
  type DeactivatedSession,
  type EndCause,
  endSession,
  exitSession,
  type JoinResult,
  joinSession,
  type LiveSession,
  type Participant,
  type Role,
  type Session,
  stopSession,
} from './session.ts';
import type { SessionStore, StoreStatus } from './store.ts';
import { newSessionToken, newUserToken } from './tokens.ts';

export type * from './outcomes.ts';
export type { SessionCounts, SessionServiceOptions };

/** Even with half of all tokens taken, this many misses in a row have a chance of one in 4 billion. */
const TOKEN_ATTEMPTS = 32;
const SWEEP_MS = 5_000;

export class SessionService extends EventEmitter<SessionEvents> {
  /** 0 is no limit. */
  readonly maxSessions: number;
  readonly #store: SessionStore;
  readonly #serverName: string;
  readonly #serverUrl: string | undefined;
  readonly #lifetimes: Lifetimes;
  readonly #sweepMs: number;
  readonly #now: () => number;
  readonly #elapsed: () => number;
  readonly #newSessionToken: () => string;
  readonly #log: Logger;
  readonly #own: OwnSessions;
  readonly #historian: Historian;
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;
  /** Creations under way, which the limit counts as well. */
  #creating = 0;
  #draining = false;

  constructor(options: SessionServiceOptions) {
    super();
    this.maxSessions = options.maxSessions ?? 0;
    this.#store = options.store;
    this.#serverName = options.serverName;
    this.#serverUrl = options.serverUrl;
    this.#lifetimes = options.lifetimes ?? DEFAULT_LIFETIMES;
    this.#sweepMs = options.sweepMs ?? SWEEP_MS;
    this.#now = options.now ?? Date.now;
    this.#elapsed = options.elapsed ?? (() => performance.now());
    this.#newSessionToken = options.newSessionToken ?? newSessionToken;
    this.#log = options.log ?? pino({ level: 'silent' });
    this.#own = new OwnSessions(this.#lifetimes);
    this.#historian = new Historian(this.#store, this.#lifetimes);
    this.#store.watch({
      ended: (session) => void this.#endedElsewhere(session).catch((error) => this.#logFailure(error)),
      recovered: () => void this.#renew(this.#own.tokens).catch((error) => this.#logFailure(error)),
    });
  }

  /** From now on sweeps by itself, without keeping the process alive. */
  start(): void {
    this.#timer ??= setInterval(() => void this.sweep(), this.#sweepMs).unref();
  }

  /** Ends this node's live sessions, whose live channel ends with it, and closes the store. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
    const cause = 'node_stopped';
    await this.#inBatches(this.#own.tokens, (sessionToken) => this.#end({ sessionToken, cause }));
    await this.#store.close();
  }

  /** From now on no session is created; those that there are go on. */
  drain(): void {
    this.#draining = true;
  }

  /** Rejects when the store fails, a session of this node or not: nobody has been told of it yet. */
  async create(): Promise<CreateOutcome> {
    if (this.#draining) return { outcome: 'draining' };
    if (this.maxSessions > 0 && this.#own.counts.live + this.#creating >= this.maxSessions) {
      return { outcome: 'too_many_sessions' };
    }
    this.#creating++;
    try {
      return await this.#create();
    } finally {
      this.#creating--;
    }
  }

  /** Undefined for an unknown token as for a session that has ended. */
  async getLive(sessionToken: string): Promise<LiveSession | undefined> {
    return this.#findLive(sessionToken);
  }

  /** Adds a participant with a new user token to a session of this node. An agent or controller activates it. */
  async join(sessionToken: string, role: Role, name: string): Promise<JoinOutcome> {
    const participant: Participant = { userToken: newUserToken(), userId: randomUUID(), role, name };
    const result = await this.#change(
      () => this.#store.get(sessionToken),
      (session): JoinResult | Extract<JoinOutcome, { outcome: 'other_node' | 'session_not_found' }> => {
        if (session.state === 'deactivated' || this.#own.has(sessionToken)) {
          return joinSession(session, participant, this.#now());
        }
        return this.#isOrphan(session) ? { outcome: 'session_not_found' } : { outcome: 'other_node', session };
      },
    );
    if (result === undefined) return { outcome: 'session_not_found' };
    return result.outcome === 'joined' ? { ...result, participant } : result;
  }

  /**
   * Takes a participant out of a session of this node, and ends the session when that leaves it without one of its sides.
   * Of sessions of other nodes nobody is known here: their owners hear of ends alone, and know best who is there.
   */
  async exit(userToken: string): Promise<ExitOutcome> {
    const result = await this.#change(
      () => this.#store.findByUserToken(userToken),
      (session) =>
        session.state === 'deactivated' || this.#own.has(session.sessionToken)
          ? exitSession(session, userToken, this.#now())
          : { outcome: 'unknown_user' as const },
    );
    return result === undefined || result.outcome === 'unknown_user' ? { outcome: 'user_not_found' } : result;
  }

  /** Ends the session of a controller, on whatever node it is. */
  async stop(userToken: string): Promise<StopOutcome> {
    const result = await this.#change(
      () => this.#store.findByUserToken(userToken),
      (session) => stopSession(session, userToken, this.#now()),
    );
    switch (result?.outcome) {
      case 'stopped':
      case 'already_stopped':
        return { outcome: 'stopped', session: result.session };
      case 'not_controller':
        return { outcome: 'not_controller' };
      default:
        return { outcome: 'user_not_found' };
    }
  }

  /**
   * A sign of life of any participant: without one an active session is abandoned. Cheap enough for every message. Does
   * nothing for sessions of other nodes and inactive ones.
   */
  touch(sessionToken: string): void {
    this.#own.touch(sessionToken, this.#elapsed());
  }

  /** Notes in the history that the customer of a session of this node entered a page. */
  async recordPage(sessionToken: string, url: string, now: number = this.#now()): Promise<PageOutcome> {
    const session = await this.#findLive(sessionToken);
    // Looked at after the wait: once the end has been told, the history is closed.
    if (session === undefined || !this.#own.has(sessionToken)) return 'session_not_found';
    return this.#historian.recordPage(session, url, now);
  }

  /** The history under a session's `historyId`, of whatever node, also while it is live. */
  findHistory(historyId: string): Promise<SessionHistory | undefined> {
    return this.#store.findHistory(historyId);
  }

  /** Of this node's own sessions, since it started. */
  counts(): SessionCounts {
    return this.#own.counts;
  }

  storeStatus(): StoreStatus {
    return this.#store.status();
  }

  /** Ends what has idled, writes again what the store would forget, and lets the store tidy up. Never rejects. */
  sweep(): Promise<void> {
    this.#sweeping ??= this.#sweep().finally(() => {
      this.#sweeping = undefined;
    });
    return this.#sweeping;
  }

  async #sweep(): Promise<void> {
    await this.#inBatches(this.#own.idle(this.#elapsed()), (idle) => this.#end(idle));
    await this.#renew(this.#own.due(this.#elapsed()));
    this.#store.sweep();
  }

  async #create(): Promise<CreateOutcome> {
    for (let attempt = 0; attempt < TOKEN_ATTEMPTS; attempt++) {
      const session = createSession({
        sessionToken: this.#newSessionToken(),
        historyId: randomUUID(),
        serverName: this.#serverName,
        ...(this.#serverUrl === undefined ? {} : { serverUrl: this.#serverUrl }),
        createdAt: this.#now(),
      });
      if (await this.#store.insert(session, keepMs(session, this.#lifetimes))) {
        this.#own.add(session.sessionToken, this.#elapsed());
        return { outcome: 'created', session };
      }
    }
    return { outcome: 'no_token' };
  }

  async #findLive(sessionToken: string): Promise<LiveSession | undefined> {
    const session = await this.#store.get(sessionToken);
    return session === undefined || session.state === 'deactivated' || this.#isOrphan(session) ? undefined : session;
  }

  /** A session that this node owned before it was restarted: its live channel is gone, and nobody rejoins. */
  #isOrphan({ serverName, sessionToken }: LiveSession): boolean {
    return serverName === this.#serverName && !this.#own.has(sessionToken);
  }

  async #end({ sessionToken, cause }: IdleSession | { sessionToken: string; cause: EndCause }): Promise<void> {
    const result = await this.#change(
      () => this.#store.get(sessionToken),
      (session) =>
        session.state === 'deactivated' || !this.#own.has(sessionToken)
          ? { outcome: 'ended_before' }
          : { outcome: 'ended', session: endSession(session, cause, this.#now()) },
    );
    if (result !== undefined) return;
    this.#own.forget(sessionToken);
    this.#historian.forget(sessionToken);
  }

  async #renew(sessionTokens: readonly string[]): Promise<void> {
    await this.#inBatches(sessionTokens, async (sessionToken) => {
      const session = await this.#store.get(sessionToken);
      if (session === undefined || session.state === 'deactivated') return;
      const kept = await this.#store.keep(session, keepMs(session, this.#lifetimes));
      if (kept.outcome === 'ended') return this.#endedElsewhere(kept.session);
      if (kept.outcome === 'displaced') return this.#endedElsewhere(endSession(session, 'displaced', this.#now()));
      this.#own.renewed(sessionToken, this.#elapsed());
      await this.#historian.write(session);
    });
  }

  /** As `changeSession`; what follows from a change, such as telling the end, has been done then. */
  async #change<Result extends Decision>(
    read: () => Promise<Session | undefined>,
    decide: (session: Session) => Result,
  ): Promise<Result | undefined> {
    const change = await changeSession(this.#store, this.#lifetimes, read, decide);
    if (change?.written !== undefined) await this.#changed(change.written);
    return change?.result;
  }

  async #changed(session: Session): Promise<void> {
    if (!this.#own.has(session.sessionToken)) return this.#historian.writeForeign(session);
    if (session.state === 'deactivated') this.#tellEnd(session);
    else this.#own.written(session, this.#elapsed());
    await this.#historian.write(session);
  }

  async #endedElsewhere(session: DeactivatedSession): Promise<void> {
    if (this.#tellEnd(session)) await this.#historian.write(session);
  }

  #tellEnd(session: DeactivatedSession): boolean {
    if (!this.#own.end(session)) return false;
    const { sessionToken: token, endedBy: cause, activatedAt: activationTime, deactivatedAt } = session;
    this.emit('ended', { token, cause, activationTime, deactivationTime: deactivatedAt });
    return true;
  }

  /** A failure is logged, and the next sweep tries again. */
  #inBatches<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    return inBatches(items, work, (error) => this.#logFailure(error));
  }

  #logFailure(error: unknown): void {
    this.#log.warn({ err: error }, 'sessions could not be written');
  }
}
