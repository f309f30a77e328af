/**
 * Nodes that owe answers and have given none to any worker for a while. Pure: the workers' signs and the caller's clock
 * in, names out.
 *
 * This is a suspicion, not a verdict: a slow report looks the same on a quiet node. It is worth asking the node for
 * something that every node answers at once, and only one that does not answer that either is hung. One request is
 * enough to suspect it: once it does, the workers avoid the node, so more may never come.
 */
import type { NodeSigns } from './signs.ts';

/** A worker that has said nothing for longer has died, or hangs itself: what it said last is of no meaning. */
const STALE_MS = 1_500;
/** A node that was asked and answered is asked again after this time at the earliest. */
const AGAIN_MS = 2_000;

interface Said {
  readonly at: number;
  readonly owed: number;
  readonly owedSince: number;
}

interface Doubt {
  /** By worker. */
  readonly said: Map<number, Said>;
  /** When the node last answered any worker anything. */
  heardAt: number;
  askedAt: number;
}

export class Silence {
  readonly #nodes = new Map<string, Doubt>();

  /** A worker's view of a node. `now`: ms of a clock that is the same for all calls. */
  said(worker: number, { node, owed, owedMs, heardMs }: NodeSigns, now: number): void {
    let doubt = this.#nodes.get(node);
    if (doubt === undefined) {
      doubt = { said: new Map(), heardAt: Number.NEGATIVE_INFINITY, askedAt: Number.NEGATIVE_INFINITY };
      this.#nodes.set(node, doubt);
    }
    if (heardMs >= 0) doubt.heardAt = Math.max(doubt.heardAt, now - heardMs);
    doubt.said.set(worker, { at: now, owed, owedSince: now - owedMs });
  }

  /** What was said of it is of no meaning any more. */
  forget(node: string): void {
    this.#nodes.delete(node);
  }

  /**
   * For how long the node has owed answers and given none to any worker, ms, when it is to be asked now; else 0.
   *
   * @param patience ms that are not worth asking; 0: never ask
   */
  toBeAsked(node: string, patience: number, now: number): number {
    const doubt = this.#nodes.get(node);
    if (doubt === undefined || patience === 0) return 0;
    let owedSince = now;
    for (const [worker, said] of doubt.said) {
      if (now - said.at > STALE_MS) doubt.said.delete(worker);
      else if (said.owed > 0) owedSince = Math.min(owedSince, said.owedSince);
    }
    const silent = now - Math.max(doubt.heardAt, owedSince);
    if (silent < patience || now - doubt.askedAt < AGAIN_MS) return 0;
    doubt.askedAt = now;
    return silent;
  }
}
