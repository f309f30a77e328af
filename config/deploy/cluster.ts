/** The life of a cluster on one machine: nodes up, then the proxy, until a signal; then down in the opposite order. */
import type { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child, type ChildSpec, StartFailure, type Terminal } from './child.ts';

export interface ClusterPlan {
  readonly nodes: readonly ChildSpec[];
  readonly proxy: ChildSpec;
  /** What to print when all is up. */
  welcome(listening: Listening, pids: Pids): string;
}

/** The messages of the children; those of nodes, and their pids, stand in the order of the plan. */
export interface Listening {
  readonly proxy: object;
  readonly nodes: readonly object[];
}

export interface Pids {
  readonly proxy: number | undefined;
  readonly nodes: readonly (number | undefined)[];
}

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Longer than the proxy's own deadline (`timeouts.shutdown`) unless that was raised. */
const STOP_DEADLINE_MS = 40_000;

const OUTPUT_LAG_MS = 100;

/**
 * Resolves to the exit code when every child has ended: 0 after a signal, 1 when a child did not start or the proxy
 * ended by itself. A node that ends later is told in one line, for the others go on. A second signal kills.
 */
export async function runCluster(plan: ClusterPlan, terminal: Terminal, signals: EventEmitter): Promise<number> {
  const cluster = new Cluster(plan, terminal);
  let stopping = false;
  const stopRequested = new Promise<'stop'>((resolve) => {
    const heard = (): void => {
      if (stopping) cluster.kill();
      stopping = true;
      resolve('stop');
    };
    for (const signal of STOP_SIGNALS) signals.on(signal, heard);
  });
  const failed = cluster.run().then(
    (how) => {
      if (!stopping) terminal.err(`proxy ended (${how}); stopping the nodes`);
    },
    (error: unknown) => {
      if (!(error instanceof StartFailure)) throw error;
    },
  );
  try {
    return (await Promise.race([stopRequested, failed])) === 'stop' ? 0 : 1;
  } finally {
    await cluster.stop();
  }
}

class Cluster {
  readonly #plan: ClusterPlan;
  readonly #terminal: Terminal;
  readonly #children: Child[] = [];
  readonly #width: number;
  #stopping = false;

  constructor(plan: ClusterPlan, terminal: Terminal) {
    this.#plan = plan;
    this.#terminal = terminal;
    this.#width = Math.max(...[plan.proxy, ...plan.nodes].map(({ name }) => name.length));
  }

  /** Resolves to how the proxy ended; rejects with a `StartFailure`, which has been printed by then. */
  async run(): Promise<string> {
    const nodes = this.#plan.nodes.map((spec) => this.#spawn(spec));
    const nodesListening = await this.#allListening(nodes);
    for (const node of nodes) this.#reportEnd(node);
    const proxy = this.#spawn(this.#plan.proxy);
    const [proxyListening = {}] = await this.#allListening([proxy]);
    // Messages overtake output: what the proxy says of its start should stand before the welcome.
    await sleep(OUTPUT_LAG_MS);
    for (const child of this.#children) child.release();
    const listening = { proxy: proxyListening, nodes: nodesListening };
    this.#terminal.out(this.#plan.welcome(listening, { proxy: proxy.pid, nodes: nodes.map(({ pid }) => pid) }));
    return proxy.ended;
  }

  /** The proxy first: what it has in flight still needs the nodes. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const deadline = setTimeout(() => this.kill(), STOP_DEADLINE_MS);
    const nodes = this.#children.slice(0, this.#plan.nodes.length);
    const proxies = this.#children.slice(this.#plan.nodes.length);
    for (const group of [proxies, nodes]) await Promise.all(group.map((child) => child.stop('SIGTERM')));
    clearTimeout(deadline);
  }

  kill(): void {
    for (const child of this.#children) child.stop('SIGKILL');
  }

  #spawn(spec: ChildSpec): Child {
    const child = new Child(spec, this.#terminal, `${spec.name.padEnd(this.#width)} | `);
    this.#children.push(child);
    return child;
  }

  async #allListening(children: readonly Child[]): Promise<object[]> {
    const results = await Promise.allSettled(children.map((child) => child.listening));
    if (this.#stopping) throw new StartFailure('stopped while starting');
    const messages = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    if (messages.length === children.length) return messages;
    for (const [index, result] of results.entries()) {
      if (result.status === 'rejected')
        this.#terminal.err(`${children[index]?.name} did not start: ${result.reason.message}`);
    }
    throw new StartFailure('not every child started');
  }

  #reportEnd(node: Child): void {
    node.ended.then((how) => {
      if (!this.#stopping) this.#terminal.err(`${node.name} ended (${how}); the cluster goes on without it`);
    });
  }
}
