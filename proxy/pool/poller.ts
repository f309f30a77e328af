/**
 * Keeps the pool's state: polls every node's health, hears what traffic makes of the nodes, and publishes a new
 * snapshot when there is news.
 */
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import type { NodesTls } from '../tls/nodes-tls.ts';
import type { HealthResult, Transition } from './health.ts';
import { leavesEnough, Outliers } from './outliers.ts';
import { type PollRules, pollRulesOf } from './poll-rules.ts';
import { PolledNode, type PollNews } from './polled-node.ts';
import type { PoolNode } from './pool-node.ts';
import type { NodeSigns } from './signs.ts';
import { Silence } from './silence.ts';
import { Slots } from './slots.ts';
import { type NodeSnapshot, type OperatorState, type PoolSnapshot, takesBoundRequests } from './view.ts';

/** Fresh reports that change no decision by themselves are published together, at most once in this time, ms. */
const GATHER_MS = 100;

export interface PoolConfig extends Pick<ProxyConfig, 'nodeTls' | 'health' | 'routes'> {
  readonly nodes: readonly PoolNode[];
}

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
  /** What traffic showed for `ms` now speaks against the node. Called before a transition that follows from it. */
  onEvidence?(node: string, ms: number): void;
  /** What an operator has said of the node; 'ready' where nothing is given. */
  readonly operatorState?: (node: string) => OperatorState;
  /** Of the nodes with an https url. */
  readonly tls?: NodesTls;
  /** Names of nodes by the index that they have already; others get the next ones. */
  readonly slots?: readonly string[] | undefined;
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
  readonly #slots: Slots;
  /** Nodes that are polled and not in the pool, yet or any more. */
  readonly #outside = new Set<PolledNode>();
  readonly #leaving = new Set<Promise<void>>();
  readonly #outliers: Outliers;
  readonly #silence = new Silence();
  #rules: PollRules;
  /** By name, in the order of the configuration. */
  #nodes: ReadonlyMap<string, PolledNode>;
  #snapshot: PoolSnapshot;
  #gathering: NodeJS.Timeout | undefined;
  /** Until the conduct of some node may have a consequence by itself. */
  #judgement: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(config: PoolConfig, options: HealthPollerOptions) {
    this.#options = options;
    this.#rules = pollRulesOf(config);
    this.#slots = new Slots(options.slots);
    this.#outliers = new Outliers(config.health.outliers);
    this.#nodes = new Map(config.nodes.map((node) => [node.name, this.#makeNode(node, this.#rules, options.tls)]));
    this.#snapshot = freeze(1, this.#nodeSnapshots());
  }

  /** Begins to poll; resolves when every node has been polled once. Keeps the process alive until `stop`. */
  async start(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((node) => node.start()));
  }

  /** Ends every poll; no callback is called any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#judgement);
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    await Promise.all([...this.#nodes.values(), ...this.#outside].map((node) => node.stop()));
    await Promise.all(this.#leaving);
  }

  /** Names of nodes by their index, those that were once in the pool included. */
  get slots(): readonly string[] {
    return this.#slots.names;
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

  /**
   * What traffic showed of the nodes to a worker: one that answers with errors only gets nothing new for a time, and
   * one that answers nobody must answer something else than `/health`.
   */
  heard(worker: number, signs: readonly NodeSigns[]): void {
    const now = performance.now();
    for (const sign of signs) {
      const node = this.#nodes.get(sign.node);
      // What is told of a dead node late must not count against it when it is back.
      if (node === undefined || !takesBoundRequests(node.snapshot)) continue;
      this.#outliers.counted(sign.node, sign.successes, sign.failures, now);
      this.#silence.said(worker, sign, now);
      const silent = this.#silence.toBeAsked(sign.node, this.#rules.outliers.hung, now);
      if (silent === 0) continue;
      this.#options.onEvidence?.(sign.node, silent);
      node.doubt();
    }
    if (this.#judge()) this.#publish();
  }

  /**
   * Puts a node into the state that an operator wants, and publishes it. Whatever traffic had against it is forgotten.
   */
  obey(name: string, operator: OperatorState): void {
    const node = this.#nodes.get(name);
    if (node === undefined) return;
    this.#forget(name);
    node.trust();
    this.#changed(name, node.obey(operator));
    this.#judge();
    this.#publish();
    // What it reports from now on is what remains.
    node.pollNow();
  }

  /**
   * Polls the nodes that a configuration adds, so that they can serve from the moment of `commit`. A node that keeps
   * its name and url keeps its health. One at a time: `commit` or `discard` before the next.
   */
  async prepare(config: PoolConfig, tls?: NodesTls): Promise<PreparedPool> {
    const rules = pollRulesOf(config);
    const members = config.nodes.map((member) => {
      const known = this.#nodes.get(member.name);
      return { config: member, node: known?.isAt(member) ? known : this.#makeNode(member, rules, tls) };
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
        this.#rules = rules;
        this.#outliers.follow(rules.outliers);
        this.#nodes = new Map(members.map(({ config, node }) => [config.name, node]));
        for (const node of added) this.#outside.delete(node);
        for (const { config, node } of members) {
          this.#changed(config.name, node.follow(config, rules, tls?.of(config.name)));
          node.obey(this.#operatorState(config.name));
        }
        const gone = before.filter((node) => this.#nodes.get(node.snapshot.name) !== node);
        for (const { snapshot } of gone) this.#forget(snapshot.name);
        this.#release(gone);
        this.#judge();
        return this.#renew();
      },
      discard: () => this.#release(added),
    };
  }

  #makeNode(config: PoolConfig['nodes'][number], rules: PollRules, tls: NodesTls | undefined): PolledNode {
    const node = new PolledNode({
      config,
      tls: tls?.of(config.name),
      slot: this.#slots.of(config.name),
      operator: this.#operatorState(config.name),
      rules,
      mayEject: () => leavesEnough(this.#nodeSnapshots(), config.name),
      allDown: () => this.#allDown(),
      onPoll: (news) => this.#polled(node, news),
    });
    return node;
  }

  /** Asked after each poll. */
  #allDown(): boolean {
    for (const { snapshot } of this.#nodes.values()) if (takesBoundRequests(snapshot)) return false;
    return true;
  }

  #operatorState(name: string): OperatorState {
    return this.#options.operatorState?.(name) ?? 'ready';
  }

  #polled(node: PolledNode, { result, durationMs, before, after, transition, anew }: PollNews): void {
    this.#options.onPoll?.(after.name, result, durationMs);
    this.#changed(after.name, transition);
    if (this.#outside.has(node)) return;
    if (anew) this.#forget(after.name);
    if (transition !== undefined) this.#judge();
    if (transition !== undefined || differs(before, after)) {
      this.#publish();
    } else if (after.sessions !== before.sessions || after.reportedAt !== before.reportedAt) {
      this.#gathering ??= setTimeout(() => this.#publish(), GATHER_MS);
    }
  }

  /** Carries out what follows from the conduct of the nodes; whether anything did. */
  #judge(): boolean {
    // One moment for both questions: what falls due between two would be due for neither.
    const now = performance.now();
    let changed = false;
    for (;;) {
      const order = this.#outliers.next(this.#nodeSnapshots(), now);
      const node = order && this.#nodes.get(order.node);
      if (order === undefined || node === undefined) break;
      changed = true;
      if (order.kind === 'eject') this.#options.onEvidence?.(order.node, order.after);
      const transition = node.setErring(order.kind === 'eject');
      this.#changed(order.node, transition && { ...transition, ...(order.kind === 'eject' && { forMs: order.forMs }) });
    }
    clearTimeout(this.#judgement);
    const next = this.#outliers.nextAfter(now);
    if (next !== Number.POSITIVE_INFINITY && !this.#stopped) {
      this.#judgement = setTimeout(() => this.#judge() && this.#publish(), Math.ceil(next - now));
    }
    return changed;
  }

  #nodeSnapshots(): readonly NodeSnapshot[] {
    return [...this.#nodes.values()].map(({ snapshot }) => snapshot);
  }

  #changed(node: string, transition: Transition | undefined): void {
    if (transition !== undefined) this.#options.onTransition?.({ node, ...transition });
  }

  #forget(node: string): void {
    this.#outliers.forget(node);
    this.#silence.forget(node);
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
    this.#snapshot = freeze(this.#snapshot.version + 1, this.#nodeSnapshots());
    return this.#snapshot;
  }
}

/** In what workers must know at once, beside the state, and operators. */
function differs(before: NodeSnapshot, after: NodeSnapshot): boolean {
  return (
    after.instanceId !== before.instanceId ||
    after.capacity !== before.capacity ||
    after.silence !== before.silence ||
    after.tlsFailure !== before.tlsFailure
  );
}

function freeze(version: number, nodes: readonly NodeSnapshot[]): PoolSnapshot {
  return Object.freeze({ version, nodes: Object.freeze([...nodes]) });
}
