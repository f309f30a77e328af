/**
 * How many requests a client may send in a second. Workers share nothing: each allows an equal share of the rate, so
 * that the whole keeps to it, but a burst of its own, so that a client with one connection can load a page.
 */
import { LRUCache } from 'lru-cache';
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import { TokenBucket } from '../affinity/token-bucket.ts';
import { addressKey } from './address-key.ts';

/**
 * Clients remembered. The longest quiet is forgotten first and so starts afresh; who has as many addresses as that gets
 * past any limit by address.
 */
const MAX_CLIENTS = 100_000;

type Rate = Pick<ProxyConfig['limits']['perAddress'], 'requestsPerSecond' | 'burst'>;

export class RequestRates {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets = new LRUCache<string, TokenBucket>({ max: MAX_CLIENTS });

  private constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  /** undefined for no limit; `before` when it is of the same rate: a reload makes nobody's burst anew. */
  static of(
    { requestsPerSecond, burst }: Rate,
    workers: number,
    before: RequestRates | undefined,
  ): RequestRates | undefined {
    if (requestsPerSecond === 0) return undefined;
    const perSecond = requestsPerSecond / workers;
    return before?.is(perSecond, burst) ? before : new RequestRates(perSecond, burst);
  }

  is(perSecond: number, burst: number): boolean {
    return this.#perSecond === perSecond && this.#burst === burst;
  }

  /**
   * Counts a request. 0 when it may go on, else whole seconds after which another may.
   *
   * @param now ms of a monotonic clock
   */
  take(address: string, now: number): number {
    const key = addressKey(address);
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = new TokenBucket(this.#perSecond, now, this.#burst);
      this.#buckets.set(key, bucket);
    }
    return bucket.take(now) ? 0 : Math.max(1, Math.ceil(bucket.secondsToNext));
  }
}
