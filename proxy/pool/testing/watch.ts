/** A health poller at work, and what it said. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { performance } from 'node:perf_hooks';
import type { TestContext } from 'node:test';
import { proxySchema } from '../../../config/proxy-schema.ts';
import type { HealthResult } from '../health.ts';
import { HealthPoller, type NodeTransition, type PoolConfig } from '../poller.ts';
import type { NodeSnapshot, OperatorState, PoolSnapshot } from '../view.ts';

export interface Poll {
  readonly node: string;
  readonly result: HealthResult;
  readonly durationMs: number;
  /** By the monotonic clock, ms. */
  readonly endedAt: number;
}

/** Nodes at these ports of 127.0.0.1, named by their place, `CB_1` first. */
export function poolConfig(ports: readonly number[], health: object): PoolConfig {
  return namedPool(
    ports.map((port, index) => ({ name: `CB_${index + 1}`, port })),
    health,
  );
}

/** Nodes at ports of 127.0.0.1, with whatever else the configuration says of them. */
export function namedPool(
  nodes: readonly {
    readonly name: string;
    readonly port: number;
    readonly weight?: number;
    readonly maxConnections?: number | undefined;
  }[],
  health: object,
): PoolConfig {
  return proxySchema.parse({
    nodes: nodes.map(({ port, ...node }) => ({ ...node, url: `http://127.0.0.1:${port}/cobrowse` })),
    // A busy machine may hold up a poll for long: only a node that never answers has less time.
    health: { timeout: '1m', ...health },
  });
}

/** Stopped when the test ends. */
export class Watch {
  readonly poller: HealthPoller;
  readonly snapshots: PoolSnapshot[] = [];
  readonly transitions: NodeTransition[] = [];
  readonly polls: Poll[] = [];
  readonly #news = new EventEmitter();

  constructor(
    t: TestContext,
    ports: readonly number[],
    health: object,
    operators: Readonly<Record<string, OperatorState>> = {},
    onChange: (snapshot: PoolSnapshot) => void = () => {},
  ) {
    this.poller = new HealthPoller(poolConfig(ports, health), {
      onChange: (snapshot) => {
        this.snapshots.push(snapshot);
        onChange(snapshot);
        this.#news.emit('news');
      },
      onPoll: (node, result, durationMs) => {
        this.polls.push({ node, result, durationMs, endedAt: performance.now() });
        this.#news.emit('news');
      },
      onTransition: (transition) => this.transitions.push(transition),
      operatorState: (node) => operators[node] ?? 'ready',
    });
    t.after(() => this.poller.stop());
  }

  /** Waits until the condition holds; it is asked at every poll and publication. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await once(this.#news, 'news');
  }

  node(index = 0): NodeSnapshot {
    const node = this.poller.snapshot().nodes[index];
    assert.ok(node);
    return node;
  }

  /** By name, in the order of the pool. */
  states(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.poller.snapshot().nodes.map(({ name, state }) => [name, state]));
  }
}
