/**
 * Sessions in a Redis that the nodes of a cluster share; see `redis-scripts.ts` for the keys. Each write is one script,
 * so that all of it happens or nothing. What Redis holds is checked when it is read: a record that is none is treated
 * as absent, and logged.
 */
import type { Logger } from 'pino';
import type { RedisLocation } from '../../config/redis-url.ts';
import type { SessionHistory } from './history.ts';
import { MAX_HISTORIES } from './memory-store.ts';
import { decodeHistory, decodeSession, encodeHistory, encodeSession } from './record.ts';
import { DEFAULT_TIMING, isWrongType, RedisConnection, type RedisTiming } from './redis-connection.ts';
import type { SessionWrite } from './redis-scripts.ts';
import type { Session } from './session.ts';
import type { KeepOutcome, SessionStore, StoreStatus, StoreWatcher } from './store.ts';

export interface RedisStoreOptions {
  readonly location: RedisLocation;
  /** Name of this node: it is told when another one ends a session of this owner. */
  readonly serverName: string;
  readonly log: Logger;
  readonly timing?: RedisTiming | undefined;
  /** Histories kept by all nodes together; beyond that those that expire next are forgotten. */
  readonly maxHistories?: number | undefined;
}

export class RedisSessionStore implements SessionStore {
  readonly #connection: RedisConnection;
  readonly #prefix: string;
  readonly #serverName: string;
  readonly #maxHistories: number;
  readonly #log: Logger;
  #watcher: StoreWatcher | undefined;

  private constructor({ location, serverName, log, timing, maxHistories }: RedisStoreOptions) {
    this.#prefix = location.prefix;
    this.#serverName = serverName;
    this.#maxHistories = maxHistories ?? MAX_HISTORIES;
    this.#log = log;
    this.#connection = new RedisConnection({
      location,
      serverName,
      channel: this.#channelOf(serverName),
      timing: timing ?? DEFAULT_TIMING,
      log,
      onNotice: (sessionToken) => void this.#noticeEnd(sessionToken),
      onUp: () => this.#watcher?.recovered(),
    });
  }

  /** Resolves also when Redis cannot be reached: then it is unavailable, and goes on trying. */
  static async open(options: RedisStoreOptions): Promise<RedisSessionStore> {
    const store = new RedisSessionStore(options);
    await store.#connection.open();
    return store;
  }

  insert(session: Session, ttlMs: number): Promise<boolean> {
    return this.#connection.run((redis) => redis.insertSession(this.#writeOf(session, ttlMs)));
  }

  async get(sessionToken: string): Promise<Session | undefined> {
    const key = this.#sessionKey(sessionToken);
    const data = await this.#read(key, () => this.#connection.run((redis) => redis.hGet(key, 'data')));
    return data === null ? undefined : this.#checked(key, decodeSession(data, sessionToken));
  }

  async findByUserToken(userToken: string): Promise<Session | undefined> {
    const key = this.#userKey(userToken);
    const sessionToken = await this.#read(key, () => this.#connection.run((redis) => redis.get(key)));
    const session = sessionToken === null ? undefined : await this.get(sessionToken);
    return session?.participants.some((participant) => participant.userToken === userToken) ? session : undefined;
  }

  async replace(current: Session, next: Session, ttlMs: number): Promise<boolean> {
    const stays = new Set(next.participants.map(({ userToken }) => userToken));
    const gone = current.participants.map(({ userToken }) => userToken).filter((userToken) => !stays.has(userToken));
    const write = this.#writeOf(next, ttlMs, gone);
    const foreign = next.state === 'deactivated' && next.serverName !== this.#serverName;
    const channel = foreign ? this.#channelOf(next.serverName) : '';
    const replaced = await this.#read(write.key, () =>
      this.#connection.run((redis) => redis.replaceSession(current.revision, write, channel)),
    );
    return replaced ?? false;
  }

  async keep(session: Session, ttlMs: number): Promise<KeepOutcome> {
    const outcome = await this.#connection.run((redis) => redis.keepSession(this.#writeOf(session, ttlMs)));
    if (outcome !== 'ended') return { outcome };
    const stored = await this.get(session.sessionToken);
    // Gone or spoilt in between: nothing contradicts the owner any more.
    return stored?.state === 'deactivated' ? { outcome, session: stored } : { outcome: 'kept' };
  }

  async saveHistory(history: SessionHistory, ttlMs: number): Promise<void> {
    const key = this.#historyKey(history.id);
    const entry = { data: encodeHistory(history), ttlMs, now: Date.now(), max: this.#maxHistories };
    await this.#connection.run((redis) => redis.saveHistory(key, `${this.#prefix}histories`, entry));
  }

  async findHistory(id: string): Promise<SessionHistory | undefined> {
    const key = this.#historyKey(id);
    const data = await this.#read(key, () => this.#connection.run((redis) => redis.get(key)));
    return data === null ? undefined : this.#checked(key, decodeHistory(data, id));
  }

  status(): StoreStatus {
    return this.#connection.status();
  }

  watch(watcher: StoreWatcher): void {
    this.#watcher = watcher;
  }

  /** Redis forgets by itself. */
  sweep(): void {}

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** A notice names the session; what has become of it says the store alone. */
  async #noticeEnd(sessionToken: string): Promise<void> {
    try {
      const session = await this.get(sessionToken);
      if (session?.state === 'deactivated' && session.serverName === this.#serverName) this.#watcher?.ended(session);
    } catch (error) {
      // The connection was lost: when it is back, `recovered` makes up for it.
      this.#log.warn({ err: error }, 'the end of a session could not be read');
    }
  }

  #writeOf(session: Session, ttlMs: number, goneUserTokens: readonly string[] = []): SessionWrite {
    const { sessionToken, revision, historyId, participants, state } = session;
    return {
      key: this.#sessionKey(sessionToken),
      userKeys: participants.map(({ userToken }) => this.#userKey(userToken)),
      staleUserKeys: goneUserTokens.map((userToken) => this.#userKey(userToken)),
      sessionToken,
      revision,
      ended: state === 'deactivated',
      historyId,
      data: encodeSession(session),
      ttlMs: Math.max(1, Math.round(ttlMs)),
    };
  }

  /** Null for a key that is missing, or that holds something else than a value of ours. */
  async #read<T>(key: string, read: () => Promise<T | null>): Promise<T | null> {
    try {
      return await read();
    } catch (error) {
      if (!isWrongType(error)) throw error;
      this.#log.error({ err: error, key }, 'a key of the session store holds something else');
      return null;
    }
  }

  #checked<T>(key: string, decoded: T | undefined): T | undefined {
    if (decoded === undefined) this.#log.error({ key }, 'a record of the session store is corrupt');
    return decoded;
  }

  #sessionKey(sessionToken: string): string {
    return `${this.#prefix}session:${sessionToken}`;
  }

  #userKey(userToken: string): string {
    return `${this.#prefix}user:${userToken}`;
  }

  #historyKey(id: string): string {
    return `${this.#prefix}history:${id}`;
  }

  #channelOf(serverName: string): string {
    return `${this.#prefix}ended:${serverName}`;
  }
}
