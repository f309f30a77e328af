/**
 * Nodes that were ejected because they gave no answer in time, and may only be pausing (a garbage collection, a virtual
 * machine that is moved): what cannot go elsewhere has a little longer. Pure: the pool, what this worker has heard and
 * the caller's clock in, names out.
 *
 * | a reprieve             | when                                                                                    |
 * |------------------------|-----------------------------------------------------------------------------------------|
 * | ends, and nothing else | the node is no longer down                                                              |
 * | is over at once        | it is down for another reason by now, is another instance, removed or in maintenance    |
 * | is renewed             | its time is up, and something was heard from the node meanwhile; for `MOST_MS` in all   |
 * | is over                | its time is up                                                                          |
 */
import type { NodeSnapshot, PoolView } from './view.ts';

/** With a sweep and the way of the news, less than a second. */
export const REPRIEVE_MS = 800;
/** Longer than damping keeps a node out that answers its polls, by the default rules. */
export const MOST_MS = 10_000;
/** A worker that looks later than this was held up itself: what the node has said meanwhile may not be read yet. */
const HELD_UP_MS = 100;

export interface Heard {
  /** How often a node has said anything to this worker. */
  timesHeard(index: number): number;
}

interface Reprieve {
  readonly instanceId: string | undefined;
  readonly since: number;
  until: number;
  heard: number;
}

export class Reprieves {
  readonly #heard: Heard;
  readonly #nodes = new Map<string, Reprieve>();
  /** ms, without those in which the worker was held up. */
  #time = 0;
  #lookedAt = 0;

  constructor(heard: Heard) {
    this.#heard = heard;
  }

  get any(): boolean {
    return this.#nodes.size > 0;
  }

  /** The node was just ejected; whether it may only be pausing. `now`: ms of a clock that is the same for all calls. */
  grant({ name, index, instanceId, silence }: NodeSnapshot, now: number): boolean {
    if (silence === undefined) return false;
    const since = this.#timeAt(now);
    this.#nodes.set(name, { instanceId, since, until: since + REPRIEVE_MS, heard: this.#heard.timesHeard(index) });
    return true;
  }

  /** The nodes whose reprieve is over: who waits for them waits in vain. To be asked with each view and each sweep. */
  over(view: PoolView, now: number): readonly string[] {
    const time = this.#timeAt(now);
    const over: string[] = [];
    for (const [name, reprieve] of this.#nodes) {
      const node = view.byName.get(name);
      if (node !== undefined && isPausing(node, reprieve)) {
        if (time < reprieve.until || this.#renew(node, reprieve, time)) continue;
        over.push(name);
      } else if (node === undefined || node.state === 'down' || !isSame(node, reprieve)) over.push(name);
      this.#nodes.delete(name);
    }
    return over;
  }

  #timeAt(now: number): number {
    this.#time += Math.min(now - this.#lookedAt, HELD_UP_MS);
    this.#lookedAt = now;
    return this.#time;
  }

  #renew({ index, silence }: NodeSnapshot, reprieve: Reprieve, time: number): boolean {
    const heard = this.#heard.timesHeard(index);
    if (silence === 'lasting' && heard === reprieve.heard) return false;
    if (time - reprieve.since >= MOST_MS) return false;
    reprieve.heard = heard;
    reprieve.until = time + REPRIEVE_MS;
    return true;
  }
}

function isPausing(node: NodeSnapshot, reprieve: Reprieve): boolean {
  return node.silence !== undefined && node.operator !== 'maintenance' && isSame(node, reprieve);
}

/** One that begins or stops to say which process it is has not been restarted, as far as anyone knows. */
function isSame({ instanceId }: NodeSnapshot, reprieve: Reprieve): boolean {
  return instanceId === reprieve.instanceId || instanceId === undefined || reprieve.instanceId === undefined;
}
