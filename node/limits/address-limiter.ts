/**
 * A limit on how often one address may do something, in bounded memory. For guesses: `take` before the lookup, and
 * refuse when there is none, or hits would still be told; `giveBack` when it was a hit.
 */
import { performance } from 'node:perf_hooks';
import { LRUCache } from 'lru-cache';
import { networkKey } from './network-key.ts';

export interface AddressLimits {
  /** Sustained rate. */
  readonly perMinute: number;
  /** How many may come at once after a quiet time. */
  readonly burst: number;
}

export interface AddressLimiterOptions extends AddressLimits {
  /** Addresses remembered; the longest unused is forgotten first, and so starts afresh. */
  readonly maxAddresses?: number;
  /** Milliseconds of a clock that does not go back. */
  readonly now?: () => number;
}

const MAX_ADDRESSES = 10_000;
const MINUTE_MS = 60_000;

/** A token bucket, as it was at `filledAt`. */
interface Bucket {
  tokens: number;
  filledAt: number;
}

export class AddressLimiter {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #now: () => number;
  readonly #buckets: LRUCache<string, Bucket>;

  constructor({
    perMinute,
    burst,
    maxAddresses = MAX_ADDRESSES,
    now = () => performance.now(),
  }: AddressLimiterOptions) {
    this.#perMs = perMinute / MINUTE_MS;
    this.#burst = burst;
    this.#now = now;
    this.#buckets = new LRUCache({ max: maxAddresses });
  }

  /** Takes one. False, and nothing is taken, when there is none. */
  take(address: string): boolean {
    const key = networkKey(address);
    const bucket = this.#fill(this.#buckets.get(key) ?? { tokens: this.#burst, filledAt: this.#now() });
    this.#buckets.set(key, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** Undoes one `take`: what it was for was none of what is limited. */
  giveBack(address: string): void {
    const bucket = this.#buckets.get(networkKey(address));
    if (bucket !== undefined) bucket.tokens = Math.min(this.#burst, bucket.tokens + 1);
  }

  /** Whole seconds until the address has one again, at least 1: for a Retry-After header. */
  retryAfter(address: string): number {
    const bucket = this.#buckets.get(networkKey(address));
    const missing = bucket === undefined ? 0 : Math.max(0, 1 - this.#fill(bucket).tokens);
    return Math.max(1, Math.ceil(missing / this.#perMs / 1_000));
  }

  /** Addresses remembered at present. */
  get size(): number {
    return this.#buckets.size;
  }

  #fill(bucket: Bucket): Bucket {
    const now = this.#now();
    bucket.tokens = Math.min(this.#burst, bucket.tokens + Math.max(0, now - bucket.filledAt) * this.#perMs);
    bucket.filledAt = now;
    return bucket;
  }
}
