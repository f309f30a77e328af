/** Three nodes as processes of their own, what can be done to them, and what they recorded. */
import { NODE_NAMES } from '../backend-facts.ts';
import { type NodeArguments as CommonArguments, NodeProcess } from '../harness/node-process.ts';
import { ScratchDir } from '../harness/scratch-dir.ts';
import type { Place } from '../harness/site.ts';
import { type Arrival, type Mode, type NodeArguments, parseArrivals } from './protocol.ts';

export class FailoverNode extends NodeProcess {
  readonly host: string;
  protected readonly program = 'failover/node.js';
  readonly #holdMs: number;

  constructor(name: string, dir: string, holdMs: number, host = '127.0.0.1') {
    super(name, dir);
    this.host = host;
    this.#holdMs = holdMs;
  }

  become(mode: Mode): Promise<void> {
    return this.order(`mode/${mode}`);
  }

  arrivals(): Arrival[] {
    return parseArrivals(this.name, this.recorded());
  }

  protected override argumentsWith(common: CommonArguments): NodeArguments {
    return { ...common, host: this.host, holdMs: this.#holdMs };
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
  /** As the peers have: one may die. */
  readonly workers = 2;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly #dir = new ScratchDir();

  /** `holdMs`: how long a poll is held. */
  constructor(holdMs: number, { victimHost, settings }: ClusterOptions) {
    const [first, second, third] = NODE_NAMES;
    const node = (name: string, host?: string): FailoverNode => new FailoverNode(name, this.dir, holdMs, host);
    this.nodes = [node(first, victimHost), node(second), node(third)];
    this.settings = settings?.(this.dir) ?? {};
  }

  get dir(): string {
    return this.#dir.path;
  }

  /** The one that faults strike. */
  get victim(): FailoverNode {
    return this.nodes[0];
  }

  async start(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.start()));
  }

  arrivals(): Arrival[] {
    return this.nodes.flatMap((node) => node.arrivals());
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    this.#dir.close();
  }
}
