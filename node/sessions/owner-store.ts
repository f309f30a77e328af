/**
 * A shared store, and this node's own sessions in memory before it. The memory is what lets live sessions go on while
 * the shared store is away: the node that owns a session decides what becomes of it, and the store is told when it is
 * back. As long as it answers, the shared store decides between this node and another that stops the session.
 */
import type { Logger } from 'pino';
import { inBatches } from './batches.ts';
import type { SessionHistory } from './history.ts';
import { MemorySessionStore } from './memory-store.ts';
import { type DeactivatedSession, endSession, type Session } from './session.ts';
import { type KeepOutcome, type SessionStore, type StoreStatus, StoreUnavailable, type StoreWatcher } from './store.ts';

export interface OwnerStoreOptions {
  readonly shared: SessionStore;
  /** For how long a session is remembered that another node has ended, ms. */
  readonly retentionMs: number;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Milliseconds of a clock that does not go back. */
  readonly elapsed?: () => number;
}

export class OwnerStore implements SessionStore {
  readonly #shared: SessionStore;
  readonly #retentionMs: number;
  readonly #log: Logger;
  readonly #now: () => number;
  /** Own sessions, ended ones included until they are forgotten, and their histories. */
  readonly #own: MemorySessionStore;
  /**
   * Own sessions and histories that the shared store has not been told of, by token and id, to how long to keep them.
   */
  readonly #unwritten = new Map<string, number>();
  readonly #unwrittenHistories = new Map<string, number>();
  #watcher: StoreWatcher | undefined;

  constructor({ shared, retentionMs, log, now = Date.now, elapsed }: OwnerStoreOptions) {
    this.#shared = shared;
    this.#log = log;
    this.#retentionMs = retentionMs;
    this.#now = now;
    this.#own = new MemorySessionStore(elapsed === undefined ? {} : { elapsed });
    shared.watch({ ended: (session) => this.#adopt(session), recovered: () => void this.#recover() });
  }

  /** Rejects while the shared store is away: only it knows which tokens are free. */
  async insert(session: Session, ttlMs: number): Promise<boolean> {
    if (this.#own.peek(session.sessionToken) !== undefined) return false;
    if (!(await this.#shared.insert(session, ttlMs))) return false;
    this.#own.put(session, ttlMs);
    return true;
  }

  async get(sessionToken: string): Promise<Session | undefined> {
    return this.#own.peek(sessionToken) ?? this.#shared.get(sessionToken);
  }

  async findByUserToken(userToken: string): Promise<Session | undefined> {
    return (await this.#own.findByUserToken(userToken)) ?? this.#shared.findByUserToken(userToken);
  }

  async replace(current: Session, next: Session, ttlMs: number): Promise<boolean> {
    const { sessionToken, revision } = current;
    const own = this.#own.peek(sessionToken);
    if (own === undefined) return this.#shared.replace(current, next, ttlMs);
    if (own.revision !== revision) return false;
    try {
      if (await this.#shared.replace(current, next, ttlMs)) {
        this.#own.put(next, ttlMs);
        this.#unwritten.delete(sessionToken);
        return true;
      }
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      // Another change of this node may have been decided meanwhile.
      if (this.#own.peek(sessionToken)?.revision !== revision) return false;
      this.#own.put(next, ttlMs);
      this.#unwritten.set(sessionToken, ttlMs);
      return true;
    }
    // Another node has ended it, another change of this node was faster, or the store has lost it or lags behind.
    const latest = this.#own.peek(sessionToken);
    if (latest !== undefined) await this.keep(latest, ttlMs);
    return false;
  }

  async keep(session: Session, ttlMs: number): Promise<KeepOutcome> {
    const { sessionToken } = session;
    try {
      const kept = await this.#shared.keep(session, ttlMs);
      if (kept.outcome === 'ended') this.#adopt(kept.session);
      else if (kept.outcome === 'displaced') this.#displace(session);
      else this.#own.put(this.#own.peek(sessionToken) ?? session, ttlMs);
      this.#unwritten.delete(sessionToken);
      return kept;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      this.#own.put(this.#own.peek(sessionToken) ?? session, ttlMs);
      this.#unwritten.set(sessionToken, ttlMs);
      return { outcome: 'kept' };
    }
  }

  async saveHistory(history: SessionHistory, ttlMs: number): Promise<void> {
    await this.#own.saveHistory(history, ttlMs);
    try {
      await this.#shared.saveHistory(history, ttlMs);
      this.#unwrittenHistories.delete(history.id);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      this.#unwrittenHistories.set(history.id, ttlMs);
    }
  }

  /** The shared store first: another node may have written to the history of its own session since. */
  async findHistory(id: string): Promise<SessionHistory | undefined> {
    try {
      return (await this.#shared.findHistory(id)) ?? (await this.#own.findHistory(id));
    } catch (error) {
      const own = await this.#own.findHistory(id);
      if (own === undefined || !(error instanceof StoreUnavailable)) throw error;
      return own;
    }
  }

  status(): StoreStatus {
    return this.#shared.status();
  }

  watch(watcher: StoreWatcher): void {
    this.#watcher = watcher;
  }

  sweep(): void {
    this.#own.sweep();
    this.#shared.sweep();
    for (const token of this.#unwritten.keys()) if (this.#own.peek(token) === undefined) this.#unwritten.delete(token);
  }

  close(): Promise<void> {
    return this.#shared.close();
  }

  /** Writes what has changed meanwhile; the watcher writes the live sessions again, since the store may be empty. */
  async #recover(): Promise<void> {
    this.#watcher?.recovered();
    const onFailure = (error: unknown): void => this.#log.error({ err: error }, 'the session store refused a write');
    const writeSession = async ([sessionToken, ttlMs]: [string, number]): Promise<void> => {
      const session = this.#own.peek(sessionToken);
      if (session !== undefined) await this.keep(session, ttlMs);
    };
    const writeHistory = async ([id, ttlMs]: [string, number]): Promise<void> => {
      this.#unwrittenHistories.delete(id);
      const history = await this.#own.findHistory(id);
      if (history !== undefined) await this.saveHistory(history, ttlMs);
    };
    await inBatches([...this.#unwritten], writeSession, onFailure);
    await inBatches([...this.#unwrittenHistories], writeHistory, onFailure);
  }

  /** An own session was ended by another node. */
  #adopt(session: DeactivatedSession): void {
    const own = this.#own.peek(session.sessionToken);
    if (own === undefined || own.historyId !== session.historyId || own.state === 'deactivated') return;
    this.#own.put(session, this.#retentionMs);
    this.#watcher?.ended(session);
  }

  /** While the store had lost an own session, its token went to another one, which is known to the world by now. */
  #displace(session: Session): void {
    this.#own.remove(session.sessionToken);
    if (session.state !== 'deactivated') this.#watcher?.ended(endSession(session, 'displaced', this.#now()));
  }
}
