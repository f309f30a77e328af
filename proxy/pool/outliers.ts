/**
 * Nodes that answer traffic with errors while their `/health` is well: who is to get nothing new, and until when. Pure:
 * what the workers counted and the caller's clock in, orders out.
 *
 * | order     | when                                                                                          |
 * |-----------|-----------------------------------------------------------------------------------------------|
 * | `eject`   | `errors` failures in a row on all workers together, and enough other nodes are left           |
 * | `readmit` | `ejection` × how often it was ejected is over, or too few nodes are left without it           |
 *
 * `/health` says nothing here, so only traffic can tell that a node is well again: a readmitted node is on trial, with
 * the small share of a slow start, and one more row of failures ejects it for longer. Errors of all nodes are no
 * outlier but the application's own, and never take more nodes out than `leavesEnough` allows.
 *
 * Compare Envoy's outlier detection (consecutive_5xx, base_ejection_time, max_ejection_percent), HAProxy's
 * `observe layer7` and `error-limit`, NGINX's `max_fails` and `fail_timeout`.
 */
import type { NodeSnapshot } from './view.ts';

/**
 * A row is judged so long after its first failure: answers break off when a node dies, which its polls find by then.
 */
const SETTLE_MS = 500;
/** Failures further apart than this are no row. */
const APART_MS = 30_000;
/** An ejection takes no longer than so many times the first. */
const MOST_TIMES = 10;
/** In the pool for so long without another ejection, a node has one of its ejections forgotten. */
const FORGIVEN_AFTER_MS = 60_000;

export interface OutlierRules {
  /** Failures in a row that eject; 0: never. */
  readonly errors: number;
  /** The first ejection, ms. */
  readonly ejection: number;
}

/** What of a node the orders depend on. */
export type Candidate = Pick<NodeSnapshot, 'name' | 'state' | 'operator' | 'withdrawn'>;

export type OutlierOrder =
  /** `after`: since the first of the failures, `forMs`: until it is readmitted, both ms. */
  | { readonly kind: 'eject'; readonly node: string; readonly after: number; readonly forMs: number }
  | { readonly kind: 'readmit'; readonly node: string };

interface Conduct {
  /** Failures since the last success. */
  row: number;
  rowSince: number;
  lastFailureAt: number;
  /** When its ejection is over; undefined while it is in the pool. */
  until: number | undefined;
  /** That are not forgotten. */
  ejections: number;
  /** Since when it is in the pool, or had an ejection forgotten. */
  goodSince: number;
}

export class Outliers {
  #rules: OutlierRules;
  readonly #nodes = new Map<string, Conduct>();

  constructor(rules: OutlierRules) {
    this.#rules = rules;
  }

  /** Other rules from now on; an ejection under way ends when it was to end, or at once when there are to be none. */
  follow(rules: OutlierRules): void {
    this.#rules = rules;
  }

  /** A worker has counted answers of a node: in all, and failures since the last success among them. */
  counted(node: string, successes: number, failures: number, now: number): void {
    if (successes === 0 && failures === 0) return;
    const conduct = this.#of(node, now);
    // What was under way at the ejection proves nothing: successes of bound requests may be of one good page.
    if (conduct.until !== undefined) return;
    if (successes > 0 || now - conduct.lastFailureAt > APART_MS) conduct.row = 0;
    if (failures === 0) return;
    if (conduct.row === 0) conduct.rowSince = now;
    conduct.row += failures;
    conduct.lastFailureAt = now;
  }

  /** Its polls, its restart or an operator have decided about the node: what was counted is of no meaning any more. */
  forget(node: string): void {
    this.#nodes.delete(node);
  }

  /** What is to be done now, one order at a time: carry it out and ask again, with the pool as it is then. */
  next(pool: readonly Candidate[], now: number): OutlierOrder | undefined {
    for (const { name, state, operator } of pool) {
      const conduct = this.#nodes.get(name);
      if (conduct === undefined) continue;
      if (conduct.until === undefined) {
        this.#forgive(conduct, now);
        if (!this.#isRow(conduct) || now < conduct.rowSince + SETTLE_MS) continue;
        if (now - conduct.lastFailureAt > APART_MS) continue;
        if (state !== 'up' || operator !== 'ready' || !leavesEnough(pool, name)) continue;
        conduct.row = 0;
        conduct.ejections++;
        const forMs = this.#rules.ejection * Math.min(conduct.ejections, MOST_TIMES);
        conduct.until = now + forMs;
        return { kind: 'eject', node: name, after: now - conduct.rowSince, forMs };
      }
      if (now < conduct.until && this.#rules.errors > 0 && leavesEnough(pool, name)) continue;
      conduct.until = undefined;
      conduct.goodSince = now;
      return { kind: 'readmit', node: name };
    }
    return undefined;
  }

  /** When there may be something to be done though nothing happens until then; Infinity: never. */
  nextAfter(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const conduct of this.#nodes.values()) {
      const settled = this.#isRow(conduct) ? conduct.rowSince + SETTLE_MS : Number.POSITIVE_INFINITY;
      const at = conduct.until ?? settled;
      if (at > now && at < next) next = at;
    }
    return next;
  }

  #isRow({ row }: Conduct): boolean {
    return this.#rules.errors > 0 && row >= this.#rules.errors;
  }

  #forgive(conduct: Conduct, now: number): void {
    const times = Math.floor((now - conduct.goodSince) / FORGIVEN_AFTER_MS);
    if (conduct.ejections === 0 || times <= 0) return;
    conduct.ejections = Math.max(0, conduct.ejections - times);
    conduct.goodSince += times * FORGIVEN_AFTER_MS;
  }

  #of(node: string, now: number): Conduct {
    let conduct = this.#nodes.get(node);
    if (conduct === undefined) {
      conduct = { row: 0, rowSince: now, lastFailureAt: now, until: undefined, ejections: 0, goodSince: now };
      this.#nodes.set(node, conduct);
    }
    return conduct;
  }
}

/**
 * Whether the pool can do without the node: at least one other is up, and at least half of those that no operator holds
 * back. Traffic's evidence alone never takes more.
 */
export function leavesEnough(pool: readonly Candidate[], without: string): boolean {
  let wanted = 0;
  let left = 0;
  for (const { name, state, operator, withdrawn } of pool) {
    if (operator !== 'ready' || withdrawn !== undefined) continue;
    wanted++;
    if (state === 'up' && name !== without) left++;
  }
  return left > 0 && left * 2 >= wanted;
}
