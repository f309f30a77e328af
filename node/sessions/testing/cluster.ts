/**
 * A store shared by nodes, in memory, whose connections can fail: what a Redis and its network would do, at once and as
 * the test says.
 */
import type { SessionHistory } from '../history.ts';
import { MemorySessionStore } from '../memory-store.ts';
import type { Session } from '../session.ts';
import {
  type KeepOutcome,
  type SessionStore,
  type StoreStatus,
  StoreUnavailable,
  type StoreWatcher,
} from '../store.ts';

/**
 * - `up`: operations succeed. `down`: they fail.
 * - `answerless`: they succeed, but the answer is lost, as when it comes after the deadline.
 */
export type Link = 'up' | 'down' | 'answerless';

export class SharedStore {
  #data = new MemorySessionStore();
  readonly #connections = new Set<Connection>();

  get data(): MemorySessionStore {
    return this.#data;
  }

  connect(serverName: string): Connection {
    const connection = new Connection(this, serverName);
    this.#connections.add(connection);
    return connection;
  }

  /** As a Redis that restarts without persistence. */
  wipe(): void {
    this.#data = new MemorySessionStore();
  }

  /** Tells the owner, if it can be reached just now. */
  notify(serverName: string, session: Session): void {
    if (session.state !== 'deactivated') return;
    for (const connection of this.#connections) {
      if (connection.serverName === serverName && connection.link === 'up') connection.watcher?.ended(session);
    }
  }
}

export class Connection implements SessionStore {
  readonly serverName: string;
  readonly #shared: SharedStore;
  #link: Link = 'up';
  watcher: StoreWatcher | undefined;

  constructor(shared: SharedStore, serverName: string) {
    this.#shared = shared;
    this.serverName = serverName;
  }

  get link(): Link {
    return this.#link;
  }

  set link(link: Link) {
    const recovered = this.#link !== 'up' && link === 'up';
    this.#link = link;
    if (recovered) this.watcher?.recovered();
  }

  insert(session: Session, ttlMs: number): Promise<boolean> {
    return this.#ask((data) => data.insert(session, ttlMs));
  }

  get(sessionToken: string): Promise<Session | undefined> {
    return this.#ask((data) => data.get(sessionToken));
  }

  findByUserToken(userToken: string): Promise<Session | undefined> {
    return this.#ask((data) => data.findByUserToken(userToken));
  }

  replace(current: Session, next: Session, ttlMs: number): Promise<boolean> {
    return this.#ask(async (data) => {
      const replaced = await data.replace(current, next, ttlMs);
      if (replaced && next.serverName !== this.serverName) this.#shared.notify(next.serverName, next);
      return replaced;
    });
  }

  keep(session: Session, ttlMs: number): Promise<KeepOutcome> {
    return this.#ask((data) => data.keep(session, ttlMs));
  }

  saveHistory(history: SessionHistory, ttlMs: number): Promise<void> {
    return this.#ask((data) => data.saveHistory(history, ttlMs));
  }

  findHistory(id: string): Promise<SessionHistory | undefined> {
    return this.#ask((data) => data.findHistory(id));
  }

  status(): StoreStatus {
    return this.#link === 'up' ? { state: 'ready' } : { state: 'unavailable', forMs: 0 };
  }

  watch(watcher: StoreWatcher): void {
    this.watcher = watcher;
  }

  sweep(): void {
    this.#shared.data.sweep();
  }

  async close(): Promise<void> {}

  async #ask<T>(operation: (data: MemorySessionStore) => Promise<T>): Promise<T> {
    if (this.#link === 'down') throw new StoreUnavailable('the test says so');
    const answer = await operation(this.#shared.data);
    if (this.#link === 'answerless') throw new StoreUnavailable('the test says so');
    return answer;
  }
}
