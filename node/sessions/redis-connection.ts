/**
 * One connection to Redis, for commands and notices, that heals by itself. The client library reconnects as well, but
 * never gives up a command that it has sent: with a Redis that hangs, its queue would grow without end. Here a command
 * has a deadline; when one passes, the connection counts as down, commands fail at once, and a new one is tried, ever
 * more slowly, until Redis takes a write again.
 */
import { performance } from 'node:perf_hooks';
import { createClient, ErrorReply } from '@redis/client';
import type { Logger } from 'pino';
import type { RedisLocation } from '../../config/redis-url.ts';
import { SCRIPTS } from './redis-scripts.ts';
import { type StoreStatus, StoreUnavailable } from './store.ts';

export interface RedisTiming {
  /** For a command, and for each step of connecting, ms. */
  readonly timeoutMs: number;
  /** How often a Redis that nobody asks anything is asked whether it is there, ms. */
  readonly heartbeatMs: number;
  /** Pause before the first new attempt to connect, ms; doubles with each further one up to the second. */
  readonly firstRetryMs: number;
  readonly lastRetryMs: number;
}

export const DEFAULT_TIMING: RedisTiming = {
  timeoutMs: 1_000,
  heartbeatMs: 1_000,
  firstRetryMs: 100,
  lastRetryMs: 2_000,
};

export interface RedisConnectionOptions {
  readonly location: RedisLocation;
  /** Name of the node, under which a write is tried. */
  readonly serverName: string;
  /** Channel to listen to. */
  readonly channel: string;
  readonly timing: RedisTiming;
  readonly log: Logger;
  readonly onNotice: (message: string) => void;
  /** It is up, for the first time or again. */
  readonly onUp: () => void;
}

type Client = ReturnType<typeof newClient>;

export class RedisConnection {
  readonly #options: RedisConnectionOptions;
  /** Undefined while it is down. */
  #client: Client | undefined;
  #downSince = performance.now();
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: RedisConnectionOptions) {
    this.#options = options;
  }

  /** Resolves after the first attempt, whatever came of it: further ones follow by themselves. */
  async open(): Promise<void> {
    await this.#connect();
  }

  status(): StoreStatus {
    return this.#client === undefined
      ? { state: 'unavailable', forMs: performance.now() - this.#downSince }
      : { state: 'ready' };
  }

  /**
   * Rejects with `StoreUnavailable`, at once while it is down; with Redis' own error when a key holds something else
   * than the command is for, which is no reason to reconnect.
   */
  async run<T>(command: (client: Client) => Promise<T>): Promise<T> {
    const client = this.#client;
    if (client === undefined) throw new StoreUnavailable('there is no connection to Redis');
    try {
      return await within(this.#options.timing.timeoutMs, command(client));
    } catch (error) {
      if (isWrongType(error)) throw error;
      this.#lose(client, error);
      throw new StoreUnavailable('Redis failed to answer', { cause: error });
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#heartbeat);
    this.#client?.destroy();
    this.#client = undefined;
  }

  async #connect(): Promise<void> {
    const { location, timing, channel, onNotice, onUp, log } = this.#options;
    const client = newClient(location.url, timing.timeoutMs);
    client.on('error', (error) => this.#lose(client, error));
    try {
      await within(timing.timeoutMs, client.connect());
      await within(timing.timeoutMs, client.subscribe(channel, onNotice));
      // A replica, or a Redis that is loading or full, would accept the connection all the same.
      const probe = `${location.prefix}probe:${this.#options.serverName}`;
      await within(timing.timeoutMs, client.set(probe, '1', { expiration: { type: 'PX', value: 1_000 } }));
    } catch (error) {
      client.destroy();
      this.#scheduleRetry(error);
      return;
    }
    if (this.#closed) return client.destroy();
    this.#client = client;
    this.#failures = 0;
    this.#scheduleHeartbeat();
    log.info({ redis: location.label }, 'session store connected');
    onUp();
  }

  #lose(client: Client, cause: unknown): void {
    if (client !== this.#client) return;
    this.#client = undefined;
    this.#downSince = performance.now();
    clearTimeout(this.#heartbeat);
    client.destroy();
    this.#scheduleRetry(cause);
  }

  #scheduleRetry(cause: unknown): void {
    if (this.#closed) return;
    const { timing, location, log } = this.#options;
    if (this.#failures === 0) log.error({ err: cause, redis: location.label }, 'session store unavailable');
    const pause = Math.min(timing.firstRetryMs * 2 ** Math.min(this.#failures, 20), timing.lastRetryMs);
    this.#failures++;
    // Up to half as long again, so that the nodes of a cluster do not come back all at once.
    this.#retry = setTimeout(() => void this.#connect(), pause * (1 + Math.random() / 2)).unref();
  }

  #scheduleHeartbeat(): void {
    this.#heartbeat = setTimeout(() => {
      this.run((client) => client.ping()).then(
        () => this.#scheduleHeartbeat(),
        () => {
          // It is down now, and has scheduled what follows.
        },
      );
    }, this.#options.timing.heartbeatMs).unref();
  }
}

export function isWrongType(error: unknown): boolean {
  return error instanceof ErrorReply && error.message.includes('WRONGTYPE');
}

function newClient(url: string, timeoutMs: number) {
  return createClient({
    url,
    scripts: SCRIPTS,
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
    socket: { connectTimeout: timeoutMs, reconnectStrategy: false },
  });
}

/** Rejects when it takes longer than `ms`. What was begun goes on, and its end is ignored. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
