/** Keeps the pool's state: polls every node's health and publishes a new snapshot when there is news. */
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import type { HealthResult, Transition } from './health.ts';
import { PolledNode, type PollNews } from './polled-node.ts';
import { Slots } from './slots.ts';
import type { NodeSnapshot, OperatorState, PoolSnapshot } from './view.ts';

/** Fresh reports that change no decision by themselves are published together, at most once in this time, ms. */
const GATHER_MS = 100;

export type PoolConfig = Pick<ProxyConfig, 'nodes' | 'health'>;

export interface NodeTransition extends Transition {
  /** Its name. */
  readonly node: string;
}

export interface HealthPollerOptions {
  /**
   * At once when a node's state, instance or capacity changes. Live session counts follow within `GATHER_MS`, an equal
   * count too: the workers count what they assigned since the report that it came with.
   */
  onChange(snapshot: PoolSnapshot): void;
  onPoll?(node: string, result: HealthResult, durationMs: number): void;
  /** Called before `onChange`. */
  onTransition?(transition: NodeTransition): void;
  /** What an operator has said of the node; 'ready' where nothing is given. */
  readonly operatorState?: (node: string) => OperatorState;
  /** ms since the epoch. */
  readonly now?: () => number;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}

/** Another configuration whose new nodes have been polled; nothing of it shows until `commit`. */
export interface PreparedPool {
  readonly snapshot: PoolSnapshot;
  /** Resolves to what is the poller's snapshot from now on; `onChange` is not called for it. */
  commit(): PoolSnapshot;
  discard(): void;
}

export class HealthPoller {
  readonly #options: HealthPollerOptions;
  readonly #slots = new Slots();
  /** Nodes that are polled and not in the pool, yet or any more. */
  readonly #outside = new Set<PolledNode>();
  readonly #leaving = new Set<Promise<void>>();
  /** By name, in the order of the configuration. */
  #nodes: ReadonlyMap<string, PolledNode>;
  #snapshot: PoolSnapshot;
  #gathering: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor({ nodes, health }: PoolConfig, options: HealthPollerOptions) {
    this.#options = options;
    this.#nodes = new Map(nodes.map((node) => [node.name, this.#makeNode(node, health)]));
    this.#snapshot = freeze(1, [...this.#nodes.values()].map(snapshotOf));
  }

  /** Begins to poll; resolves when every node has been polled once. Keeps the process alive until `stop`. */
  async start(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((node) => node.start()));
  }

  /** Ends every poll; no callback is called any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    await Promise.all([...this.#nodes.values(), ...this.#outside].map((node) => node.stop()));
    await Promise.all(this.#leaving);
  }

  /** The snapshot published last. */
  snapshot(): PoolSnapshot {
    return this.#snapshot;
  }

  /** Traffic saw this node refuse a connection: poll it as soon as may be. Cheap to call for every such request. */
  pollNow(node: string): void {
    this.#nodes.get(node)?.pollNow();
  }

  /** Traffic sees answers of this node outstanding and none coming: poll it, and eject it if that fails as well. */
  suspect(node: string): void {
    this.#nodes.get(node)?.suspect();
  }

  /** Puts a node into the state that an operator wants, and publishes it. */
  obey(name: string, operator: OperatorState): void {
    const node = this.#nodes.get(name);
    if (node === undefined) return;
    const transition = node.obey(operator);
    if (transition !== undefined) this.#options.onTransition?.({ node: name, ...transition });
    this.#publish();
    // What it reports from now on is what remains.
    node.pollNow();
  }

  /**
   * Polls the nodes that a configuration adds, so that they can serve from the moment of `commit`. A node that keeps
   * its name and url keeps its health. One at a time: `commit` or `discard` before the next.
   */
  async prepare({ nodes, health }: PoolConfig): Promise<PreparedPool> {
    const members = nodes.map((config) => {
      const known = this.#nodes.get(config.name);
      return { config, node: known?.isAt(config) ? known : this.#makeNode(config, health) };
    });
    const added = members.flatMap(({ config, node }) => (this.#nodes.get(config.name) === node ? [] : [node]));
    for (const node of added) this.#outside.add(node);
    await Promise.all(added.map((node) => node.start()));
    return {
      snapshot: freeze(
        this.#snapshot.version,
        members.map(({ config, node }) => node.configured(config)),
      ),
      commit: () => {
        const before = [...this.#nodes.values()];
        this.#nodes = new Map(members.map(({ config, node }) => [config.name, node]));
        for (const node of added) this.#outside.delete(node);
        for (const { config, node } of members) {
          node.follow(config, health);
          node.obey(this.#operatorState(config.name));
        }
        this.#release(before.filter((node) => this.#nodes.get(node.snapshot.name) !== node));
        return this.#renew();
      },
      discard: () => this.#release(added),
    };
  }

  #makeNode(config: PoolConfig['nodes'][number], health: PoolConfig['health']): PolledNode {
    const { now = Date.now, random = Math.random } = this.#options;
    const node = new PolledNode({
      config,
      slot: this.#slots.of(config.name),
      operator: this.#operatorState(config.name),
      health,
      now,
      random,
      onPoll: (news) => this.#polled(node, news),
    });
    return node;
  }

  #operatorState(name: string): OperatorState {
    return this.#options.operatorState?.(name) ?? 'ready';
  }

  #polled(node: PolledNode, { result, durationMs, before, after, transition }: PollNews): void {
    this.#options.onPoll?.(after.name, result, durationMs);
    if (transition !== undefined) this.#options.onTransition?.({ node: after.name, ...transition });
    if (this.#outside.has(node)) return;
    if (transition !== undefined || after.instanceId !== before.instanceId || after.capacity !== before.capacity) {
      this.#publish();
    } else if (after.sessions !== before.sessions || after.reportedAt !== before.reportedAt) {
      this.#gathering ??= setTimeout(() => this.#publish(), GATHER_MS);
    }
  }

  /** Ends the polls of nodes that are not, or no longer, in the pool. */
  #release(nodes: Iterable<PolledNode>): void {
    for (const node of nodes) {
      this.#outside.delete(node);
      const left = node.stop().then(() => {
        this.#leaving.delete(left);
      });
      this.#leaving.add(left);
    }
  }

  #publish(): void {
    if (!this.#stopped) this.#options.onChange(this.#renew());
  }

  #renew(): PoolSnapshot {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#snapshot = freeze(this.#snapshot.version + 1, [...this.#nodes.values()].map(snapshotOf));
    return this.#snapshot;
  }
}

function snapshotOf(node: PolledNode): NodeSnapshot {
  return node.snapshot;
}

function freeze(version: number, nodes: readonly NodeSnapshot[]): PoolSnapshot {
  return Object.freeze({ version, nodes: Object.freeze([...nodes]) });
}
