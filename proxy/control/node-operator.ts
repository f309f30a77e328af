/** Carries out what operators say of nodes: drain, maintenance, ready; watches drains to their end. */
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import type { Logger } from '../observe/log.ts';
import type { NodeStats, StatsSnapshot } from '../observe/snapshot.ts';
import type { NodeSnapshot, OperatorState, PoolSnapshot } from '../pool/view.ts';
import type { Caller } from './caller.ts';
import { type DrainProgress, isOverdue, progressOf } from './drain.ts';
import type { HeldNode, OperatorStates } from './operator-states.ts';

const CHECK_INTERVAL_MS = 1000;

export type Order =
  /** `deadlineMs`: from now; undefined for none. */
  { readonly kind: 'drain'; readonly deadlineMs: number | undefined } | { readonly kind: 'maintenance' | 'ready' };

export interface NodeOperatorOptions {
  readonly states: OperatorStates;
  readonly logger: Logger;
  readonly config: () => ProxyConfig;
  readonly pool: () => PoolSnapshot;
  readonly obey: (node: string, state: OperatorState) => void;
  readonly stats: () => Promise<StatsSnapshot>;
  /** Closes the tunnels to a node, so many a second. */
  readonly closeTunnels: (node: string, perSecond: number) => void;
  /** ms since the epoch. */
  readonly now?: () => number;
}

export class NodeOperator {
  readonly #options: NodeOperatorOptions;
  readonly #now: () => number;
  /** Drains whose end has been told. */
  readonly #told = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: NodeOperatorOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  start(): void {
    this.#timer = setInterval(() => void this.check(), CHECK_INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Whether it will survive a restart of the proxy; undefined when there is no such node. */
  order(name: string, order: Order, by: Caller): { readonly persisted: boolean } | undefined {
    const { pool, states } = this.#options;
    if (!pool().nodes.some((node) => node.name === name)) return undefined;
    const held = this.#heldBy(order, states.held.get(name));
    return { persisted: this.#hold(name, held, by) };
  }

  /** undefined for a node that is ready. */
  progress(
    node: NodeSnapshot,
    stats: Pick<NodeStats, 'connections'> | undefined,
  ): (HeldNode & DrainProgress) | undefined {
    const held = this.#options.states.held.get(node.name);
    if (held === undefined) return undefined;
    const { reconnectGrace } = this.#options.config().affinity;
    const connections = stats?.connections ?? 0;
    return { ...held, ...progressOf({ held, node, connections, reconnectGrace, now: this.#now() }) };
  }

  /** Tells drains that have ended, and ends those whose time is up. */
  async check(): Promise<void> {
    const { states, pool } = this.#options;
    if (![...states.held.values()].some(({ state }) => state === 'draining')) return;
    const stats = await this.#options.stats();
    for (const node of pool().nodes) {
      const progress = this.progress(
        node,
        stats.nodes.find(({ name }) => name === node.name),
      );
      if (progress?.state !== 'draining') continue;
      if (isOverdue(progress, this.#now())) this.#takeOut(node.name, progress);
      else if (progress.drained && !this.#told.has(node.name)) {
        this.#told.add(node.name);
        this.#options.logger.info({ node: node.name }, `node ${node.name} is drained`);
      }
    }
  }

  #heldBy(order: Order, before: HeldNode | undefined): HeldNode | undefined {
    const now = this.#now();
    switch (order.kind) {
      case 'ready':
        return undefined;
      case 'maintenance':
        return before?.state === 'maintenance' ? before : { state: 'maintenance', since: now };
      case 'drain': {
        const since = before?.state === 'draining' ? before.since : now;
        const deadline = order.deadlineMs === undefined ? undefined : now + order.deadlineMs;
        return { state: 'draining', since, ...(deadline !== undefined && { deadline }) };
      }
    }
  }

  /** `by` undefined: the deadline of a drain. */
  #hold(name: string, held: HeldNode | undefined, by?: Caller): boolean {
    const { states, logger, obey, config } = this.#options;
    const state = held?.state ?? 'ready';
    const persisted = states.set(name, held);
    if (state !== 'draining') this.#told.delete(name);
    logger.info({ node: name, state, persisted, ...by }, `node ${name} is to be ${WORDS[state]}`);
    if (state !== 'ready' && config().stateFile === '') {
      logger.warn({ node: name }, 'there is no stateFile: a restart of the proxy makes every node ready again');
    }
    obey(name, state);
    if (state === 'maintenance') this.#options.closeTunnels(name, config().drain.closePerSecond);
    return persisted;
  }

  #takeOut(name: string, { remaining }: DrainProgress): void {
    this.#options.logger.warn(
      { node: name, remaining },
      `the time to drain node ${name} is up, ${remaining} left on it`,
    );
    this.#hold(name, { state: 'maintenance', since: this.#now() });
  }
}

const WORDS: Readonly<Record<OperatorState, string>> = {
  ready: 'ready',
  draining: 'drained',
  maintenance: 'in maintenance',
};
