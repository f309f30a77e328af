/** Keeps the histories of this node's live sessions, and writes them to the store as they grow. */
import { historyOf, type PageVisit, recordPage, type SessionHistory } from './history.ts';
import { keepHistoryMs, type Lifetimes } from './lifetimes.ts';
import type { LiveSession, Session } from './session.ts';
import { type SessionStore, StoreUnavailable } from './store.ts';

export type RecordPageOutcome = 'recorded' | 'invalid_url' | 'full';

export class Historian {
  readonly #store: SessionStore;
  readonly #lifetimes: Lifetimes;
  /** Session token → pages, of live sessions of this node that have any. */
  readonly #pages = new Map<string, readonly PageVisit[]>();

  constructor(store: SessionStore, lifetimes: Lifetimes) {
    this.#store = store;
    this.#lifetimes = lifetimes;
  }

  /** @param session one of this node's */
  async recordPage(session: LiveSession, url: string, now: number): Promise<RecordPageOutcome> {
    const result = recordPage(this.#current(session), url, now);
    if (result.outcome !== 'recorded') return result.outcome;
    this.#pages.set(session.sessionToken, result.history.pages);
    await this.#save(session, result.history);
    return 'recorded';
  }

  /**
   * Writes the history of one of this node's sessions. A session that nobody ever joined leaves none: its id has been
   * told to nobody.
   */
  async write(session: Session): Promise<void> {
    const history = this.#current(session);
    if (session.state === 'deactivated') this.#pages.delete(session.sessionToken);
    if (session.participants.length > 0) await this.#save(session, history);
  }

  /** Writes the times of another node's session to its history, whose pages that node has written. */
  async writeForeign(session: Session): Promise<void> {
    try {
      const stored = await this.#store.findHistory(session.historyId);
      await this.#save(session, historyOf(session, stored?.pages ?? []));
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }

  forget(sessionToken: string): void {
    this.#pages.delete(sessionToken);
  }

  #current(session: Session): SessionHistory {
    return historyOf(session, this.#pages.get(session.sessionToken) ?? []);
  }

  /** A history is not worth failing what a participant does: an owner writes it again with each change. */
  async #save(session: Session, history: SessionHistory): Promise<void> {
    try {
      await this.#store.saveHistory(history, keepHistoryMs(session, this.#lifetimes));
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }
}
