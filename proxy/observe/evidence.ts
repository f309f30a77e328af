/** Since when there are signs that a node fails, and what had been counted before. */
import type { StatsSnapshot } from './snapshot.ts';

export interface Evidence {
  /** ms since the epoch. */
  readonly since: number;
  readonly stats: StatsSnapshot;
}

interface Entry extends Evidence {
  refuted: boolean;
}

/** A node may be dead for as long as from one poll to the next before anything speaks against it. */
const BEFORE_MS = 3000;
const REMEMBER_EVERY_MS = 1000;
const MOST_REMEMBERED = 2 + BEFORE_MS / REMEMBER_EVERY_MS;

export class EvidenceBook {
  readonly #lastStats: () => StatsSnapshot;
  readonly #entries = new Map<string, Entry>();
  /** What had been counted when, oldest first. */
  readonly #counted: { readonly at: number; readonly stats: StatsSnapshot }[] = [];

  /** `lastStats`: what the workers have counted, by their last reports. */
  constructor(lastStats: () => StatsSnapshot) {
    this.#lastStats = lastStats;
  }

  /** To be called all the time: notes now and then what has been counted. */
  remember(now: number): void {
    const last = this.#counted.at(-1);
    if (last !== undefined && now - last.at < REMEMBER_EVERY_MS) return;
    this.#counted.push({ at: now, stats: this.#lastStats() });
    if (this.#counted.length > MOST_REMEMBERED) this.#counted.shift();
  }

  /** What had been counted some seconds before this time, as far back as is remembered. */
  countedBefore(at: number): StatsSnapshot {
    const before = this.#counted.findLast((counted) => counted.at <= at - BEFORE_MS) ?? this.#counted[0];
    return before?.stats ?? this.#lastStats();
  }

  /** The first since the node was last seen well counts. */
  note(node: string, since: number): void {
    const entry = this.#entries.get(node);
    if (entry === undefined || entry.refuted || since < entry.since) {
      this.#entries.set(node, { since, stats: this.countedBefore(since), refuted: false });
    }
  }

  /** The node is well. What spoke against it may still be the sign of a restart, which the same answer shows. */
  refute(node: string): void {
    const entry = this.#entries.get(node);
    if (entry?.refuted) this.#entries.delete(node);
    else if (entry !== undefined) entry.refuted = true;
  }

  /** Takes it out of the book. */
  take(node: string): Evidence | undefined {
    const entry = this.#entries.get(node);
    this.#entries.delete(node);
    return entry;
  }
}
