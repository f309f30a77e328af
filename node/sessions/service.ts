/**
 * What one node does with sessions: the transitions of `session.ts` over a store. REST calls it, and so will the live
 * channel. Outcomes are data; a rejection means that the store failed.
 */
import { randomUUID } from 'node:crypto';
import {
  type CompletedSession,
  createSession,
  type ExitResult,
  exitSession,
  type InactiveSession,
  type JoinResult,
  joinSession,
  type LiveSession,
  type Participant,
  type Role,
  type Session,
  stopSession,
} from './session.ts';
import type { SessionCounts, SessionStore } from './store.ts';
import { newSessionToken, newUserToken } from './tokens.ts';

export interface SessionServiceOptions {
  readonly store: SessionStore;
  /** Name of this node: the owner of what it creates. */
  readonly serverName: string;
  /** This node's own public URL. */
  readonly serverUrl?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly newSessionToken?: () => string;
}

export type CreateOutcome =
  | { readonly outcome: 'created'; readonly session: InactiveSession }
  /** One random token after another was taken: the store is close to full. */
  | { readonly outcome: 'no_token' };

export type JoinOutcome =
  | { readonly outcome: 'joined'; readonly session: LiveSession; readonly participant: Participant }
  | { readonly outcome: 'session_not_found' }
  | Exclude<JoinResult, { readonly outcome: 'joined' }>;

export type ExitOutcome =
  | Exclude<ExitResult, { readonly outcome: 'unknown_user' }>
  | { readonly outcome: 'user_not_found' };

export type StopOutcome =
  /** The same answer however often it is stopped. */
  | { readonly outcome: 'stopped'; readonly session: CompletedSession }
  | { readonly outcome: 'not_controller' }
  | { readonly outcome: 'user_not_found' };

export interface LiveSessionCounts extends SessionCounts {
  /** `inactive` and `active` together. */
  readonly live: number;
}

/** Even with half of all tokens taken, this many misses in a row have a chance of one in 4 billion. */
const TOKEN_ATTEMPTS = 32;

export class SessionService {
  readonly #store: SessionStore;
  readonly #serverName: string;
  readonly #serverUrl: string | undefined;
  readonly #now: () => number;
  readonly #newSessionToken: () => string;

  constructor(options: SessionServiceOptions) {
    this.#store = options.store;
    this.#serverName = options.serverName;
    this.#serverUrl = options.serverUrl;
    this.#now = options.now ?? Date.now;
    this.#newSessionToken = options.newSessionToken ?? newSessionToken;
  }

  async create(): Promise<CreateOutcome> {
    for (let attempt = 0; attempt < TOKEN_ATTEMPTS; attempt++) {
      const session = createSession({
        sessionToken: this.#newSessionToken(),
        historyId: randomUUID(),
        serverName: this.#serverName,
        ...(this.#serverUrl === undefined ? {} : { serverUrl: this.#serverUrl }),
        createdAt: this.#now(),
      });
      if (await this.#store.insert(session)) return { outcome: 'created', session };
    }
    return { outcome: 'no_token' };
  }

  /** Undefined for an unknown token as for a session that has ended. */
  async getLive(sessionToken: string): Promise<LiveSession | undefined> {
    const session = await this.#store.get(sessionToken);
    return session?.state === 'deactivated' ? undefined : session;
  }

  /** Adds a participant with a new user token. An agent or controller activates the session. */
  async join(sessionToken: string, role: Role, name: string): Promise<JoinOutcome> {
    const participant: Participant = { userToken: newUserToken(), userId: randomUUID(), role, name };
    const result = await this.#change(
      () => this.#store.get(sessionToken),
      (session) => joinSession(session, participant, this.#now()),
    );
    if (result === undefined) return { outcome: 'session_not_found' };
    return result.outcome === 'joined' ? { ...result, participant } : result;
  }

  /** Takes a participant out, and ends the session when that leaves it without one of its sides. */
  async exit(userToken: string): Promise<ExitOutcome> {
    const result = await this.#change(
      () => this.#store.findByUserToken(userToken),
      (session) => exitSession(session, userToken, this.#now()),
    );
    return result === undefined || result.outcome === 'unknown_user' ? { outcome: 'user_not_found' } : result;
  }

  /** Ends the session of a controller. */
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

  /** Of this node's own sessions. */
  async counts(): Promise<LiveSessionCounts> {
    const counts = await this.#store.counts(this.#serverName);
    return { ...counts, live: counts.inactive + counts.active };
  }

  /**
   * Reads, decides and writes, again when another writer came in between. Undefined when there is nothing to read.
   * A lost round means that another writer got on, so the rounds end.
   */
  async #change<Result extends { readonly outcome: string; readonly session?: Session }>(
    read: () => Promise<Session | undefined>,
    decide: (session: Session) => Result,
  ): Promise<Result | undefined> {
    for (;;) {
      const current = await read();
      if (current === undefined) return undefined;
      const result = decide(current);
      const next = result.session;
      const changed = next !== undefined && next.revision !== current.revision;
      if (!changed || (await this.#store.replace(current, next))) return result;
    }
  }
}
