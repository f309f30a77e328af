/** Keeps the pool's state: polls every node's health and publishes a new snapshot when there is news. */
import type { NodeConfig, ProxyConfig } from '../../config/proxy-schema.ts';
import type { HealthReport, HealthResult, Transition } from './health.ts';
import { NodePoller } from './node-poller.ts';
import type { NodeSnapshot, PoolSnapshot } from './view.ts';

/** Fresh reports that change no decision by themselves are published together, at most once in this time, ms. */
const GATHER_MS = 100;

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
  /** ms since the epoch. */
  readonly now?: () => number;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}

export class HealthPoller {
  readonly #options: HealthPollerOptions;
  readonly #now: () => number;
  readonly #pollers = new Map<string, NodePoller>();
  readonly #nodes: NodeSnapshot[] = [];
  #snapshot: PoolSnapshot;
  #gathering: NodeJS.Timeout | undefined;

  constructor(config: Pick<ProxyConfig, 'nodes' | 'health'>, options: HealthPollerOptions) {
    const { now = Date.now, random = Math.random } = options;
    this.#options = options;
    this.#now = now;
    config.nodes.forEach((node, index) => {
      const poller = new NodePoller({
        node: node.url,
        health: config.health,
        now,
        random,
        onResult: (result, transition, durationMs) => this.#note(index, poller, result, transition, durationMs),
      });
      this.#pollers.set(node.name, poller);
      this.#nodes.push(unpolled(node, index, poller.health.since));
    });
    this.#snapshot = freeze(1, this.#nodes);
  }

  /** Begins to poll; resolves when every node has been polled once. Keeps the process alive until `stop`. */
  async start(): Promise<void> {
    await Promise.all([...this.#pollers.values()].map((poller) => poller.start()));
  }

  /** Ends every poll; no callback is called any more. */
  async stop(): Promise<void> {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    await Promise.all([...this.#pollers.values()].map((poller) => poller.stop()));
  }

  /** The snapshot published last. */
  snapshot(): PoolSnapshot {
    return this.#snapshot;
  }

  /** Traffic saw this node refuse a connection: poll it as soon as may be. Cheap to call for every such request. */
  pollNow(node: string): void {
    this.#pollers.get(node)?.pollNow();
  }

  #note(
    index: number,
    { health }: NodePoller,
    result: HealthResult,
    transition: Transition | undefined,
    durationMs: number,
  ): void {
    const before = this.#nodes[index];
    if (before === undefined) return;
    const after: NodeSnapshot = {
      ...before,
      state: health.state,
      since: health.since,
      instanceId: health.instanceId,
      ...(result.kind === 'ok' && this.#reported(result.report)),
    };
    this.#nodes[index] = Object.freeze(after);
    this.#options.onPoll?.(before.name, result, durationMs);
    if (transition !== undefined) this.#options.onTransition?.({ node: before.name, ...transition });
    if (transition !== undefined || after.instanceId !== before.instanceId || after.capacity !== before.capacity) {
      this.#publish();
    } else if (after.sessions !== before.sessions || after.reportedAt !== before.reportedAt) {
      this.#gathering ??= setTimeout(() => this.#publish(), GATHER_MS);
    }
  }

  #reported({ sessions, capacity }: HealthReport): Pick<NodeSnapshot, 'sessions' | 'capacity' | 'reportedAt'> {
    return { sessions, capacity, reportedAt: sessions === undefined ? 0 : this.#now() };
  }

  #publish(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#snapshot = freeze(this.#snapshot.version + 1, this.#nodes);
    this.#options.onChange(this.#snapshot);
  }
}

function unpolled({ name, url, serverUrl, weight }: NodeConfig, index: number, since: number): NodeSnapshot {
  return Object.freeze({
    index,
    name,
    ...url,
    serverUrl,
    weight,
    state: 'unknown',
    since,
    instanceId: undefined,
    sessions: undefined,
    capacity: undefined,
    reportedAt: 0,
  });
}

function freeze(version: number, nodes: readonly NodeSnapshot[]): PoolSnapshot {
  return Object.freeze({ version, nodes: Object.freeze([...nodes]) });
}
