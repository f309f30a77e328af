/** One node of the pool: its poller, the operator's word, its conduct, and the snapshot that follows from them. */
import type { NodeTls } from '../tls/node-tls.ts';
import { configuredNode, settingsOf } from './configured-node.ts';
import type { HealthResult, Transition, TransitionReason } from './health.ts';
import { NodePoller } from './node-poller.ts';
import { effectiveState, OPERATOR_REASONS } from './operator.ts';
import type { PollRules } from './poll-rules.ts';
import type { PoolNode } from './pool-node.ts';
import type { EjectionCause, NodeSnapshot, OperatorState } from './view.ts';

/** What a poll brought. */
export interface PollNews {
  readonly result: HealthResult;
  readonly durationMs: number;
  readonly before: NodeSnapshot;
  readonly after: NodeSnapshot;
  /** Of the state that routing sees, which is not that of its health while an operator holds it. */
  readonly transition: Transition | undefined;
  /** It died, or is another process now: it is judged anew. */
  readonly anew: boolean;
}

export interface PolledNodeOptions {
  readonly config: PoolNode;
  readonly tls: NodeTls | undefined;
  readonly slot: number;
  readonly operator: OperatorState;
  readonly rules: PollRules;
  /** Whether the pool can do without the node. */
  readonly mayEject: () => boolean;
  /** No node of the pool answers. */
  readonly allDown: () => boolean;
  onPoll(news: PollNews): void;
}

export class PolledNode {
  readonly #options: PolledNodeOptions;
  readonly #poller: NodePoller;
  /** Ejected for its errors. */
  #erring = false;
  #snapshot: NodeSnapshot;

  constructor(options: PolledNodeOptions) {
    const { config, tls, slot, operator, rules, mayEject, allDown } = options;
    this.#options = options;
    this.#poller = new NodePoller({
      node: config.url,
      tls,
      rules,
      mayEject,
      allDown,
      onResult: (result, transition, durationMs) => this.#polled(result, transition, durationMs),
    });
    this.#snapshot = configuredNode(config, {
      index: slot,
      state: effectiveState('unknown', operator, config.withdrawn !== undefined),
      operator,
      since: this.#poller.health.since,
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

  doubt(): void {
    this.#poller.doubt();
  }

  /** Whether it is the same process at the same place: then its health goes on, whatever else was changed. */
  isAt({ url }: PoolNode): boolean {
    const { scheme, host, port, base } = this.#snapshot;
    return url.scheme === scheme && url.host === host && url.port === port && url.base === base;
  }

  /** The snapshot with what a configuration says of the node. */
  configured(config: PoolNode): NodeSnapshot {
    return Object.freeze({ ...this.#snapshot, ...settingsOf(config) });
  }

  /** The transition, if it is listed no more, or again, and that changes its state. */
  follow(config: PoolNode, rules: PollRules, tls: NodeTls | undefined): Transition | undefined {
    const before = this.#snapshot.withdrawn;
    this.#snapshot = this.configured(config);
    this.#poller.follow(rules, tls);
    if ((before === undefined) === (config.withdrawn === undefined)) return undefined;
    return this.#change(config.withdrawn === undefined ? 'found' : 'withdrawn');
  }

  /** The transition, unless its health has it there already. */
  obey(operator: OperatorState): Transition | undefined {
    return this.#change(OPERATOR_REASONS[operator], operator);
  }

  /** Traffic's evidence against it is of no meaning any more; takes effect with `obey`. */
  trust(): void {
    this.#erring = false;
    this.#poller.trust();
  }

  /** It gets nothing new, or may show again how it fares; the transition, if that changes its state. */
  setErring(erring: boolean): Transition | undefined {
    this.#erring = erring;
    return this.#change(erring ? 'errors' : 'trial');
  }

  #change(reason: TransitionReason, operator = this.#snapshot.operator): Transition | undefined {
    const before = this.#snapshot;
    const now = Date.now();
    const state = effectiveState(this.#poller.health.state, operator, this.#leaving);
    const changed = state !== before.state;
    const since = changed ? now : before.since;
    this.#snapshot = Object.freeze({ ...before, operator, state, since, ejected: this.#ejected });
    return changed ? { from: before.state, to: state, reason, at: now, sinceMs: now - before.since } : undefined;
  }

  get #leaving(): boolean {
    return this.#erring || this.#snapshot.withdrawn !== undefined;
  }

  get #ejected(): EjectionCause | undefined {
    if (this.#erring) return 'errors';
    return this.#poller.hung ? 'hung' : undefined;
  }

  #polled(result: HealthResult, transition: Transition | undefined, durationMs: number): void {
    const before = this.#snapshot;
    const { health } = this.#poller;
    const anew = transition?.to === 'down' || transition?.reason === 'restarted';
    if (anew) this.#erring = false;
    const state = effectiveState(health.state, before.operator, this.#leaving);
    const now = transition?.at ?? Date.now();
    const after: NodeSnapshot = Object.freeze({
      ...before,
      state,
      since: state === before.state ? before.since : now,
      ejected: this.#ejected,
      silence: health.silence,
      tlsFailure: result.kind === 'failed' ? result.why : undefined,
      instanceId: health.instanceId,
      instanceSince: health.instanceId === before.instanceId ? before.instanceSince : now,
      ...(result.kind === 'ok' && reported(result, now)),
    });
    this.#snapshot = after;
    const news = visible(transition && { ...transition, why: after.tlsFailure }, before, after);
    this.#options.onPoll({ result, durationMs, before, after, transition: news, anew });
  }
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
