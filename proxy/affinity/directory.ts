/**
 * Who owns which session, as far as this worker has learnt: from the answers to `create` and from look-ups. It only
 * saves look-ups; nothing depends on it, so a worker or replica with an empty one decides the same, later.
 */
import { LRUCache } from 'lru-cache';
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import { ownCopy } from '../http/own-copy.ts';
import { type NodeSnapshot, type PoolView, takesBoundRequests } from '../pool/view.ts';
import { isOfGoneInstance } from './companion.ts';

interface Entry {
  readonly nodeName: string;
  /** Of the node's process that holds the session; undefined when the node does not say. */
  readonly instanceId: string | undefined;
  /** When that process itself said so, ms since the epoch; -1 for the word of the health polls. */
  readonly boundAt: number;
}

/**
 * - `owner`: this node; `lost` when it has been restarted since, and the session is gone.
 * - `missed`: the nodes were asked a moment ago and none knew.
 * - `absent`: nothing is known.
 */
export type Ownership =
  | { readonly kind: 'owner'; readonly node: NodeSnapshot; readonly lost: boolean }
  | { readonly kind: 'missed' }
  | { readonly kind: 'absent' };

export const MISSED: Ownership = { kind: 'missed' };
export const ABSENT: Ownership = { kind: 'absent' };

/**
 * How an owner was learnt: a creation is certain and stays until pushed out, a look-up is asked again after `hitTtl`.
 */
export type LearntFrom = 'create' | 'look-up';

/**
 * For misses, which come from whoever likes to send unknown tokens and must push out nothing else, and for user tokens,
 * which are seen when a session is stopped and hardly again.
 */
const SMALL = 10_000;

type DirectoryConfig = Pick<ProxyConfig['affinity'], 'directory' | 'lookup'>;
type Clock = { now(): number };

export class SessionDirectory {
  // Sessions and users are apart, rather than in one cache under composed keys, so that no token can be read as
  // another's key.
  #sessions: LRUCache<string, Entry>;
  #users: LRUCache<string, Entry>;
  #misses: LRUCache<string, true>;
  #hitTtl: number;
  #missTtl: number;
  readonly #clock: Clock;

  /** @param clock monotonic ms */
  constructor({ directory, lookup }: DirectoryConfig, clock: Clock = performance) {
    this.#clock = clock;
    this.#sessions = cacheOf(directory, clock);
    this.#users = cacheOf(Math.min(directory, SMALL), clock);
    this.#misses = cacheOf(Math.min(directory, SMALL), clock);
    this.#hitTtl = lookup.hitTtl;
    this.#missTtl = lookup.missTtl;
  }

  /**
   * Another configuration. What is remembered stays, as much of it as there is room for, and for as long as it was to.
   */
  follow({ directory, lookup }: DirectoryConfig): void {
    this.#sessions = resized(this.#sessions, directory, this.#clock);
    this.#users = resized(this.#users, Math.min(directory, SMALL), this.#clock);
    this.#misses = resized(this.#misses, Math.min(directory, SMALL), this.#clock);
    this.#hitTtl = lookup.hitTtl;
    this.#missTtl = lookup.missTtl;
  }

  /**
   * Notes a session's owner, unless a different node that is known to own it still answers: an answer of another node
   * never moves a session (the caller counts a `false`).
   *
   * @param instanceId of the process that answered, when its answer says; else that of the last health report, which
   *   is out of date for up to one interval after a restart
   */
  learnSession(view: PoolView, token: string, node: NodeSnapshot, from: LearntFrom, instanceId?: string): boolean {
    const learnt = this.#learn(this.#sessions, view, token, entryFor(node, instanceId), from);
    if (learnt) this.#misses.delete(token);
    return learnt;
  }

  /** Notes which node a user token belongs to; see `learnSession`. */
  learnUser(view: PoolView, token: string, node: NodeSnapshot, from: LearntFrom): boolean {
    return this.#learn(this.#users, view, token, entryFor(node, undefined), from);
  }

  /** Remembers for `missTtl` that no node knows this session. */
  noteMiss(token: string): void {
    // A ttl of 0 means "for ever" to lru-cache.
    if (this.#missTtl > 0) this.#misses.set(ownCopy(token), true, { ttl: this.#missTtl });
  }

  ownerOfSession(view: PoolView, token: string): Ownership {
    const ownership = ownershipIn(view, this.#sessions.get(token));
    return ownership.kind === 'absent' && this.#misses.get(token) ? MISSED : ownership;
  }

  ownerOfUser(view: PoolView, token: string): Ownership {
    return ownershipIn(view, this.#users.get(token));
  }

  #learn(cache: LRUCache<string, Entry>, view: PoolView, token: string, entry: Entry, from: LearntFrom): boolean {
    const known = ownershipIn(view, cache.peek(token));
    if (known.kind === 'owner' && !known.lost && known.node.name !== entry.nodeName && takesBoundRequests(known.node)) {
      return false;
    }
    if (from === 'create') cache.set(ownCopy(token), entry, { ttl: 0 });
    else if (this.#hitTtl > 0) cache.set(ownCopy(token), entry, { ttl: this.#hitTtl });
    return true;
  }
}

function cacheOf<Value extends object | true>(max: number, clock: Clock): LRUCache<string, Value> {
  // A resolution of 0 asks the clock each time; any other would set a timer for it.
  return new LRUCache({ max, perf: clock, ttlResolution: 0 });
}

function resized<Value extends object | true>(
  cache: LRUCache<string, Value>,
  max: number,
  clock: Clock,
): LRUCache<string, Value> {
  if (cache.max === max) return cache;
  const other = cacheOf<Value>(max, clock);
  // Not by `dump`, whose time grows with the square of the size.
  for (const key of cache.rkeys()) {
    const value = cache.peek(key);
    const ttl = cache.getRemainingTTL(key);
    if (value !== undefined && ttl > 0) other.set(key, value, { ttl: Number.isFinite(ttl) ? ttl : 0 });
  }
  return other;
}

function entryFor({ name, instanceId }: NodeSnapshot, named: string | undefined): Entry {
  if (named === undefined) return { nodeName: name, instanceId, boundAt: -1 };
  return { nodeName: name, instanceId: ownCopy(named), boundAt: Date.now() };
}

/** An entry whose node is no longer configured is worth nothing. */
function ownershipIn(view: PoolView, entry: Entry | undefined): Ownership {
  const node = entry && view.byName.get(entry.nodeName);
  if (entry === undefined || node === undefined) return ABSENT;
  const { instanceId, boundAt } = entry;
  return { kind: 'owner', node, lost: instanceId !== undefined && isOfGoneInstance({ instanceId, boundAt }, node) };
}
