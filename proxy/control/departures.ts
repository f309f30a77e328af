/** Nodes that are found no more: how long they stay in the pool for what they still have. */
import type { StatsSnapshot } from '../observe/snapshot.ts';
import type { NodeSnapshot, PoolSnapshot } from '../pool/view.ts';
import { progressOf } from './drain.ts';

const CHECK_INTERVAL_MS = 1000;

export interface DepartureFacts {
  readonly node: Pick<NodeSnapshot, 'state' | 'since' | 'sessions' | 'reportedAt'>;
  /** Since when it is found no more, ms since the epoch. */
  readonly withdrawn: number;
  /** Open connections to it, idle ones included, of all workers. */
  readonly connections: number;
  /** How long it is remembered when it does not answer, ms. */
  readonly forget: number;
  /** ms since the epoch. */
  readonly now: number;
}

/**
 * Nobody needs it any more: it is empty, or has been gone for so long that whoever had a session there has been told.
 */
export function hasLeft({ node, withdrawn, connections, forget, now }: DepartureFacts): boolean {
  const answers = node.state === 'up' || node.state === 'draining';
  if (!answers) return now - Math.max(node.since, withdrawn) >= forget;
  const held = { state: 'draining', since: withdrawn } as const;
  return progressOf({ held, node, connections, reconnectGrace: forget, now }).drained;
}

export interface DeparturesOptions {
  readonly pool: () => PoolSnapshot;
  readonly stats: () => Promise<StatsSnapshot>;
  /** ms */
  readonly forget: () => number;
  /** These may be forgotten. Not called again before it has resolved. */
  readonly onLeft: (names: ReadonlySet<string>) => Promise<void>;
}

export class Departures {
  readonly #options: DeparturesOptions;
  #timer: NodeJS.Timeout | undefined;
  #busy = false;

  constructor(options: DeparturesOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#check(), CHECK_INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #check(): Promise<void> {
    const { pool, stats, onLeft } = this.#options;
    if (this.#busy || pool().nodes.every(({ withdrawn }) => withdrawn === undefined)) return;
    this.#busy = true;
    const left = this.#leftIn(await stats());
    if (left.size > 0) await onLeft(left);
    this.#busy = false;
  }

  #leftIn({ nodes }: StatsSnapshot): ReadonlySet<string> {
    const { pool, forget } = this.#options;
    const left = pool().nodes.flatMap((node) => {
      const { name, withdrawn } = node;
      const connections = nodes.find((counted) => counted.name === name)?.connections ?? 0;
      const facts = { node, connections, forget: forget(), now: Date.now() };
      return withdrawn !== undefined && hasLeft({ ...facts, withdrawn }) ? [name] : [];
    });
    return new Set(left);
  }
}
