/**
 * Sessions in the memory of one process: gone with it, and seen by this node alone. Operations are O(1), a sweep O(n).
 * What is to be forgotten is so with the next sweep.
 */
import { performance } from 'node:perf_hooks';
import { LRUCache } from 'lru-cache';
import type { SessionHistory } from './history.ts';
import type { Session } from './session.ts';
import type { KeepOutcome, SessionStore, StoreStatus } from './store.ts';

export interface MemoryStoreOptions {
  /** Histories kept; beyond that the longest unused is forgotten. */
  readonly maxHistories?: number;
  /** Milliseconds of a clock that does not go back. */
  readonly elapsed?: () => number;
}

export const MAX_HISTORIES = 10_000;

interface Entry<T> {
  readonly value: T;
  readonly expiresAt: number;
}

export class MemorySessionStore implements SessionStore {
  readonly #elapsed: () => number;
  readonly #sessions = new Map<string, Entry<Session>>();
  /** User token → session token. */
  readonly #owners = new Map<string, string>();
  readonly #histories: LRUCache<string, Entry<SessionHistory>>;

  constructor({ maxHistories = MAX_HISTORIES, elapsed = () => performance.now() }: MemoryStoreOptions = {}) {
    this.#elapsed = elapsed;
    this.#histories = new LRUCache({ max: maxHistories });
  }

  async insert(session: Session, ttlMs: number): Promise<boolean> {
    if (this.peek(session.sessionToken) !== undefined) return false;
    this.put(session, ttlMs);
    return true;
  }

  async get(sessionToken: string): Promise<Session | undefined> {
    return this.peek(sessionToken);
  }

  async findByUserToken(userToken: string): Promise<Session | undefined> {
    const sessionToken = this.#owners.get(userToken);
    return sessionToken === undefined ? undefined : this.peek(sessionToken);
  }

  async replace(current: Session, next: Session, ttlMs: number): Promise<boolean> {
    if (this.peek(current.sessionToken)?.revision !== current.revision) return false;
    this.put(next, ttlMs);
    return true;
  }

  async keep(session: Session, ttlMs: number): Promise<KeepOutcome> {
    const stored = this.peek(session.sessionToken);
    if (stored !== undefined && stored.historyId !== session.historyId) return { outcome: 'displaced' };
    if (stored?.state === 'deactivated') {
      return session.state === 'deactivated' ? { outcome: 'kept' } : { outcome: 'ended', session: stored };
    }
    if (stored === undefined || stored.revision <= session.revision) this.put(session, ttlMs);
    return { outcome: 'kept' };
  }

  async saveHistory(history: SessionHistory, ttlMs: number): Promise<void> {
    this.#histories.set(history.id, { value: history, expiresAt: this.#elapsed() + ttlMs });
  }

  async findHistory(id: string): Promise<SessionHistory | undefined> {
    return this.#histories.get(id)?.value;
  }

  status(): StoreStatus {
    return { state: 'ready' };
  }

  /** Nobody else writes to it. */
  watch(): void {}

  sweep(): void {
    const now = this.#elapsed();
    for (const [sessionToken, { expiresAt }] of this.#sessions) if (expiresAt <= now) this.remove(sessionToken);
    for (const [id, { expiresAt }] of this.#histories.entries()) if (expiresAt <= now) this.#histories.delete(id);
  }

  async close(): Promise<void> {}

  /** `get` at once. */
  peek(sessionToken: string): Session | undefined {
    return this.#sessions.get(sessionToken)?.value;
  }

  /** Stores the session, whatever is there. */
  put(session: Session, ttlMs: number): void {
    const { sessionToken } = session;
    this.remove(sessionToken);
    this.#sessions.set(sessionToken, { value: session, expiresAt: this.#elapsed() + ttlMs });
    for (const { userToken } of session.participants) this.#owners.set(userToken, sessionToken);
  }

  remove(sessionToken: string): void {
    for (const { userToken } of this.#sessions.get(sessionToken)?.value.participants ?? []) {
      this.#owners.delete(userToken);
    }
    this.#sessions.delete(sessionToken);
  }

  /** Sessions held, ended ones included. */
  get size(): number {
    return this.#sessions.size;
  }
}
