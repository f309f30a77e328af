/** Three nodes as processes of their own, what can be done to them, and what they recorded. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { z } from 'zod';
import { NODE_NAMES } from '../backend-facts.ts';
import { type Child, launch, nodeCommand } from '../harness/process.ts';
import type { BenchNode, Place } from '../harness/site.ts';
import { type Arrival, type Mode, type NodeArguments, parseArrivals } from './protocol.ts';
import { TrialDir } from './trial-dir.ts';

const readyShape = z.object({ port: z.int(), control: z.int(), instance: z.string() });

export class FailoverNode implements BenchNode {
  readonly name: string;
  readonly host: string;
  readonly #records: string;
  readonly #holdMs: number;
  #child: Child | undefined;
  #port = 0;
  #control = 0;

  constructor(name: string, dir: string, holdMs: number, host = '127.0.0.1') {
    this.name = name;
    this.host = host;
    this.#records = join(dir, `${name}.records`);
    this.#holdMs = holdMs;
  }

  get port(): number {
    return this.#port;
  }

  /** Starts it, at the port that it had before if any, as a new instance. Resolves when it listens. */
  async start(): Promise<void> {
    const args: NodeArguments = {
      name: this.name,
      host: this.host,
      port: this.#port,
      records: this.#records,
      holdMs: this.#holdMs,
    };
    this.#child = launch(nodeCommand('failover/node.js', JSON.stringify(args)), { cpu: undefined });
    const { port, control } = readyShape.parse(JSON.parse(await this.#child.firstLine()));
    this.#port = port;
    this.#control = control;
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child?.kill();
    await this.#child?.exited;
  }

  /** SIGSTOP: the kernel still accepts its connections, and nobody answers. */
  freeze(): void {
    this.#signal('SIGSTOP');
  }

  thaw(): void {
    this.#signal('SIGCONT');
  }

  async become(mode: Mode): Promise<void> {
    const { statusCode, body } = await request(`http://127.0.0.1:${this.#control}/mode/${mode}`, {
      method: 'POST',
      reset: true,
    });
    await body.dump();
    if (statusCode !== 200) throw new Error(`${this.name} did not become ${mode}: ${statusCode}`);
  }

  arrivals(): Arrival[] {
    return existsSync(this.#records) ? parseArrivals(this.name, readFileSync(this.#records, 'utf8')) : [];
  }

  #signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (this.#child?.pid !== undefined) process.kill(this.#child.pid, signal);
  }
}

export type ClusterOptions = {
  /** Where the victim listens, in a network namespace of the trial's own. Unset: on loopback, as all do. */
  readonly victimHost?: string;
  /** What this proxy's configuration has over its defaults; `dir`: for files of the trial. */
  readonly settings?: (dir: string) => Readonly<Record<string, unknown>>;
};

/** Directory and nodes of one trial. Whatever ends the process, both are gone afterwards. */
export class Cluster implements Place {
  readonly nodes: readonly [FailoverNode, FailoverNode, FailoverNode];
  /** Not pinned: latencies of seconds are at stake, and the contenders run several processes. */
  readonly pinning = { proxy: undefined, load: undefined };
  readonly settings: Readonly<Record<string, unknown>>;
  readonly #dir = new TrialDir();

  private constructor(holdMs: number, { victimHost, settings }: ClusterOptions) {
    const [first, second, third] = NODE_NAMES;
    const node = (name: string, host?: string): FailoverNode => new FailoverNode(name, this.dir, holdMs, host);
    this.nodes = [node(first, victimHost), node(second), node(third)];
    this.settings = settings?.(this.dir) ?? {};
  }

  /** `holdMs`: how long a poll is held. */
  static async open(holdMs: number, options: ClusterOptions = {}): Promise<Cluster> {
    const cluster = new Cluster(holdMs, options);
    try {
      await Promise.all(cluster.nodes.map((node) => node.start()));
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  get dir(): string {
    return this.#dir.path;
  }

  /** The one that faults strike. */
  get victim(): FailoverNode {
    return this.nodes[0];
  }

  arrivals(): Arrival[] {
    return this.nodes.flatMap((node) => node.arrivals());
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    this.#dir.close();
  }
}
