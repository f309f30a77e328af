/** The store that an operator has named. */
import type { Logger } from 'pino';
import { parseRedisUrl } from '../../config/redis-url.ts';
import { DEFAULT_LIFETIMES, type Lifetimes } from './lifetimes.ts';
import { MemorySessionStore } from './memory-store.ts';
import { OwnerStore } from './owner-store.ts';
import type { RedisTiming } from './redis-connection.ts';
import type { SessionStore } from './store.ts';

export interface OpenStoreOptions {
  /** `memory`: this node alone knows its sessions. The URL of a Redis: all nodes know those of all. */
  readonly url: string;
  /** Name of this node. */
  readonly serverName: string;
  readonly log: Logger;
  readonly lifetimes?: Lifetimes | undefined;
  readonly maxHistories?: number | undefined;
  readonly timing?: RedisTiming | undefined;
}

/**
 * Resolves also when Redis cannot be reached: it is unavailable then, and heals by itself. Rejects with a TypeError for
 * any other URL; the configuration refuses those before.
 */
export async function openSessionStore(options: OpenStoreOptions): Promise<SessionStore> {
  const { url, serverName, log, timing, maxHistories, lifetimes = DEFAULT_LIFETIMES } = options;
  if (url === 'memory') return new MemorySessionStore(maxHistories === undefined ? {} : { maxHistories });
  const location = parseRedisUrl(url);
  if (location === undefined) throw new TypeError('expected memory, or a URL such as redis://host:6379/0?prefix=gcb:');
  // Loaded when it is wanted: the client of Redis is a third of what a node has to load.
  const { RedisSessionStore } = await import('./redis-store.ts');
  const shared = await RedisSessionStore.open({ location, serverName, log, timing, maxHistories });
  return new OwnerStore({ shared, log, retentionMs: lifetimes.retentionMs });
}
