/** One node of the pool: its poller, the operator's word, and the snapshot that follows from both. */
import type { NodeConfig, ProxyConfig } from '../../config/proxy-schema.ts';
import type { HealthResult, Transition } from './health.ts';
import { NodePoller } from './node-poller.ts';
import { effectiveState, OPERATOR_REASONS } from './operator.ts';
import type { NodeSnapshot, OperatorState } from './view.ts';

/** What a poll brought. */
export interface PollNews {
  readonly result: HealthResult;
  readonly durationMs: number;
  readonly before: NodeSnapshot;
  readonly after: NodeSnapshot;
  /** Of the state that routing sees, which is not that of its health while an operator holds it. */
  readonly transition: Transition | undefined;
}

export interface PolledNodeOptions {
  readonly config: NodeConfig;
  readonly slot: number;
  readonly operator: OperatorState;
  readonly health: ProxyConfig['health'];
  /** ms since the epoch. */
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  onPoll(news: PollNews): void;
}

export class PolledNode {
  readonly #options: PolledNodeOptions;
  readonly #poller: NodePoller;
  #snapshot: NodeSnapshot;

  constructor(options: PolledNodeOptions) {
    const { config, slot, operator, health, now, random } = options;
    this.#options = options;
    this.#poller = new NodePoller({
      node: config.url,
      health,
      now,
      random,
      onResult: (result, transition, durationMs) => this.#polled(result, transition, durationMs),
    });
    this.#snapshot = Object.freeze({
      index: slot,
      name: config.name,
      ...config.url,
      ...settingsOf(config),
      state: effectiveState('unknown', operator),
      operator,
      since: this.#poller.health.since,
      instanceId: undefined,
      sessions: undefined,
      capacity: undefined,
      reportedAt: 0,
    });
  }

  /** Frozen. */
  get snapshot(): NodeSnapshot {
    return this.#snapshot;
  }

  /** Begins to poll; resolves after the first poll. */
  start(): Promise<void> {
    return this.#poller.start();
  }

  stop(): Promise<void> {
    return this.#poller.stop();
  }

  pollNow(): void {
    this.#poller.pollNow();
  }

  suspect(): void {
    this.#poller.suspect();
  }

  /** Whether it is the same process at the same place: then its health goes on, whatever else was changed. */
  isAt({ url }: NodeConfig): boolean {
    const { host, port, base } = this.#snapshot;
    return url.host === host && url.port === port && url.base === base;
  }

  /** The snapshot with what a configuration says of the node. */
  configured(config: NodeConfig): NodeSnapshot {
    return Object.freeze({ ...this.#snapshot, ...settingsOf(config) });
  }

  follow(config: NodeConfig, health: ProxyConfig['health']): void {
    this.#snapshot = this.configured(config);
    this.#poller.follow(health);
  }

  /** The transition, unless its health has it there already. */
  obey(operator: OperatorState): Transition | undefined {
    const before = this.#snapshot;
    const state = effectiveState(this.#poller.health.state, operator);
    const now = this.#options.now();
    const changed = state !== before.state;
    this.#snapshot = Object.freeze({ ...before, operator, state, since: changed ? now : before.since });
    if (!changed) return undefined;
    const reason = OPERATOR_REASONS[operator];
    return { from: before.state, to: state, reason, at: now, sinceMs: now - before.since };
  }

  #polled(result: HealthResult, transition: Transition | undefined, durationMs: number): void {
    const before = this.#snapshot;
    const { health } = this.#poller;
    const state = effectiveState(health.state, before.operator);
    const now = this.#options.now();
    const after: NodeSnapshot = Object.freeze({
      ...before,
      state,
      since: state === before.state ? before.since : now,
      instanceId: health.instanceId,
      ...(result.kind === 'ok' && reported(result, now)),
    });
    this.#snapshot = after;
    this.#options.onPoll({ result, durationMs, before, after, transition: visible(transition, before, after) });
  }
}

function settingsOf({ serverUrl, weight }: NodeConfig): Pick<NodeSnapshot, 'serverUrl' | 'weight'> {
  return { serverUrl, weight };
}

function reported(
  { report: { sessions, capacity } }: Extract<HealthResult, { kind: 'ok' }>,
  now: number,
): Pick<NodeSnapshot, 'sessions' | 'capacity' | 'reportedAt'> {
  return { sessions, capacity, reportedAt: sessions === undefined ? 0 : now };
}

/** What of a transition of its health shows in the state that routing sees. */
function visible(
  transition: Transition | undefined,
  before: NodeSnapshot,
  after: NodeSnapshot,
): Transition | undefined {
  if (transition === undefined) return undefined;
  if (before.state === after.state && transition.reason !== 'restarted') return undefined;
  const sinceMs = transition.at - before.since;
  return { ...transition, from: before.state, to: after.state, sinceMs };
}
