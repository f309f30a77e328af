/** Sessions in the memory of one process: gone with it, and seen by this node alone. Every operation is O(1). */
import type { Session } from './session.ts';
import type { SessionCounts, SessionStore } from './store.ts';

export class MemorySessionStore implements SessionStore {
  readonly #sessions = new Map<string, Session>();
  /** User token → session token. */
  readonly #owners = new Map<string, string>();
  readonly #counts = new Map<string, SessionCounts>();

  async insert(session: Session): Promise<boolean> {
    if (this.#sessions.has(session.sessionToken)) return false;
    this.#put(undefined, session);
    return true;
  }

  async get(sessionToken: string): Promise<Session | undefined> {
    return this.#sessions.get(sessionToken);
  }

  async findByUserToken(userToken: string): Promise<Session | undefined> {
    const sessionToken = this.#owners.get(userToken);
    return sessionToken === undefined ? undefined : this.#sessions.get(sessionToken);
  }

  async replace(current: Session, next: Session): Promise<boolean> {
    const stored = this.#sessions.get(current.sessionToken);
    if (stored?.revision !== current.revision) return false;
    this.#put(stored, next);
    return true;
  }

  async counts(serverName: string): Promise<SessionCounts> {
    return this.#counts.get(serverName) ?? NONE;
  }

  #put(previous: Session | undefined, next: Session): void {
    this.#sessions.set(next.sessionToken, next);
    for (const { userToken } of previous?.participants ?? []) this.#owners.delete(userToken);
    for (const { userToken } of next.participants) this.#owners.set(userToken, next.sessionToken);
    if (previous !== undefined) this.#count(previous, -1);
    this.#count(next, 1);
  }

  #count(session: Session, by: 1 | -1): void {
    const counts = this.#counts.get(session.serverName) ?? NONE;
    const counter = counterOf(session);
    this.#counts.set(session.serverName, { ...counts, [counter]: counts[counter] + by });
  }
}

const NONE: SessionCounts = { inactive: 0, active: 0, cancelled: 0, completed: 0 };

function counterOf(session: Session): keyof SessionCounts {
  if (session.state !== 'deactivated') return session.state;
  return session.activatedAt === undefined ? 'cancelled' : 'completed';
}
