/**
 * Customer and agent of one session on different nodes is always a bug, of the proxy, of its configuration or of a
 * node: the session works on one node only. This compares where all workers saw each session; it counts and tells, and
 * never changes where a request goes.
 *
 * No split is a session that another node answers for because its own was down or has been restarted since. What a
 * client's cookies alone say of its session is compared with what is known of it, and never taken for known.
 */
import { LRUCache } from 'lru-cache';
import type { RequestClass } from '../../config/request-classes.ts';
import { type NodeSnapshot, takesBoundRequests } from '../pool/view.ts';
import { type Counts, zeroes } from './labels.ts';
import type { Sighting } from './sighting.ts';

/**
 * - `ok`: seen on the same node as before.
 * - `split`: seen on another, while that one is up.
 * - `skipped`: not compared, since there were too many at once.
 */
export const PAIR_RESULTS = ['ok', 'split', 'skipped'] as const;
export type PairResult = (typeof PAIR_RESULTS)[number];

const MOST_SESSIONS = 20_000;

export interface Split {
  readonly session: string;
  readonly node: string;
  readonly class: RequestClass;
  /** Where it was seen before. */
  readonly before: { readonly node: string; readonly class: RequestClass };
}

export interface PairCheckOptions {
  /** The node as it is now; undefined when it is not configured. */
  readonly nodeOf: (name: string) => NodeSnapshot | undefined;
  /** Once for each session. */
  readonly onSplit: (split: Split) => void;
  readonly mostSessions?: number;
}

interface Home extends Pick<Sighting, 'node' | 'class'> {
  /** Of the process that was there; undefined when the node does not say. */
  readonly instanceId: string | undefined;
  readonly split: boolean;
}

export class PairCheck {
  readonly #nodeOf: PairCheckOptions['nodeOf'];
  readonly #onSplit: PairCheckOptions['onSplit'];
  readonly #homes: LRUCache<string, Home>;
  readonly #counts = zeroes(PAIR_RESULTS);

  constructor({ nodeOf, onSplit, mostSessions = MOST_SESSIONS }: PairCheckOptions) {
    this.#nodeOf = nodeOf;
    this.#onSplit = onSplit;
    this.#homes = new LRUCache({ max: mostSessions });
  }

  get counts(): Readonly<Counts<PairResult>> {
    return this.#counts;
  }

  skipped(count: number): void {
    this.#counts.skipped += count;
  }

  note({ session, node, class: requestClass, namedBy }: Sighting): void {
    const home = this.#homes.get(session);
    const vouched = namedBy === 'token';
    if (home === undefined || (home.node !== node && !this.#stands(home))) {
      if (vouched) this.#settle(session, { node, class: requestClass, split: false });
    } else if (home.node === node) {
      this.#counts.ok++;
    } else {
      this.#counts.split++;
      if (!home.split) {
        this.#onSplit({ session, node, class: requestClass, before: { node: home.node, class: home.class } });
      }
      // Where it was created is certain; of two other answers the later is as good.
      if (home.class === 'create' || !vouched) this.#homes.set(session, { ...home, split: true });
      else this.#settle(session, { node, class: requestClass, split: true });
    }
  }

  #settle(session: string, home: Omit<Home, 'instanceId'>): void {
    this.#homes.set(session, { ...home, instanceId: this.#nodeOf(home.node)?.instanceId });
  }

  /** The process that was seen to have the session is still there. */
  #stands({ node: name, instanceId }: Home): boolean {
    const node = this.#nodeOf(name);
    if (node === undefined || !takesBoundRequests(node)) return false;
    return instanceId === undefined || node.instanceId === undefined || instanceId === node.instanceId;
  }
}
