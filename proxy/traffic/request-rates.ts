/**
 * How many requests a client may send in a second. Workers tell each other what their clients have used: one that has
 * used up its share at one of them soon has none at the others. Until they know, each allows a burst.
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
/** Told at once: those that have used most. */
const MOST_TOLD = 200;
/** Of a second: the share of the time from one telling to the next, see `DataPlane`. */
const TELLING_S = 0.2;

type Rate = Pick<ProxyConfig['limits']['perAddress'], 'requestsPerSecond' | 'burst'>;

/** What a client, by its `addressKey`, has used since this was told last. */
export type Spending = readonly [client: string, requests: number];

interface Client {
  readonly key: string;
  readonly bucket: TokenBucket;
  /** Since it was told last. */
  spent: number;
}

export class RequestRates {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #workers: number;
  readonly #clients = new LRUCache<string, Client>({ max: MAX_CLIENTS });
  /** That have spent something since it was told last. */
  #spenders: Client[] = [];

  private constructor(perSecond: number, burst: number, workers: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#workers = workers;
  }

  /** undefined for no limit; `before` when it is of the same rate: a reload makes nobody's burst anew. */
  static of(
    { requestsPerSecond, burst }: Rate,
    workers: number,
    before: RequestRates | undefined,
  ): RequestRates | undefined {
    if (requestsPerSecond === 0) return undefined;
    return before?.is(requestsPerSecond, burst, workers) ? before : new RequestRates(requestsPerSecond, burst, workers);
  }

  is(perSecond: number, burst: number, workers: number): boolean {
    return this.#perSecond === perSecond && this.#burst === burst && this.#workers === workers;
  }

  /**
   * Counts a request. 0 when it may go on, else whole seconds after which another may.
   *
   * @param now ms of a monotonic clock
   */
  take(address: string, now: number): number {
    const client = this.#clientOf(addressKey(address), now);
    if (!client.bucket.take(now)) return Math.max(1, Math.ceil(client.bucket.secondsToNext));
    if (this.#workers > 1 && client.spent++ === 0) this.#spenders.push(client);
    return 0;
  }

  /**
   * What other workers should know since the last time. Not of those who have sent so little that all workers together
   * would have let it pass.
   */
  spent(): readonly Spending[] {
    if (this.#spenders.length === 0) return [];
    const least = (this.#perSecond * TELLING_S) / (4 * this.#workers);
    const told = this.#spenders.filter(({ spent }) => spent >= least);
    if (told.length > MOST_TOLD) told.sort((a, b) => b.spent - a.spent).length = MOST_TOLD;
    const spending = told.map(({ key, spent }): Spending => [key, spent]);
    for (const client of this.#spenders) client.spent = 0;
    this.#spenders = [];
    return spending;
  }

  /** Used at another worker. */
  charge(spending: readonly Spending[], now: number): void {
    for (const [key, requests] of spending) this.#clientOf(key, now).bucket.charge(requests, now);
  }

  #clientOf(key: string, now: number): Client {
    const known = this.#clients.get(key);
    if (known !== undefined) return known;
    const client = { key, bucket: new TokenBucket(this.#perSecond, now, this.#burst), spent: 0 };
    this.#clients.set(key, client);
    return client;
  }
}
