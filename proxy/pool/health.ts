/**
 * A node's health as a pure state machine: one poll result in, at most one transition out. It knows no sockets and no
 * clock.
 *
 * | from         | to                   | on                        |
 * |--------------|----------------------|---------------------------|
 * | unknown      | up, draining         | the first success         |
 * | unknown      | down                 | the first failure         |
 * | up, draining | down                 | `fall` failures in a row  |
 * | down         | up, draining         | `rise` successes in a row, or one while all are down |
 * | up           | draining, and back   | what its answer says      |
 *
 * At the start one answer decides: a proxy that has just begun must not wait to serve. `draining` is what an answer
 * says, so a node that says so is as alive as one that is `up`. A failure that traffic suspected before the poll ejects
 * alone: that is evidence of two kinds. A node that keeps being ejected has to prove itself for longer each time,
 * unless no node at all is left: then the first success of any admits it as at the start, since an outage must not last
 * longer.
 */
import type { NodeSilence, NodeState } from './view.ts';

/** What a node says of itself; undefined is what it does not say. */
export interface HealthReport {
  readonly instanceId: string | undefined;
  readonly draining: boolean;
  /** Live sessions. */
  readonly sessions: number | undefined;
  /** Live sessions it can carry. */
  readonly capacity: number | undefined;
}

/**
 * - `refused`: nothing listens there.
 * - `timeout`: no whole answer in time.
 * - `status`: an answer that is not the healthy one.
 * - `reset`: the connection broke off.
 * - `unresolved`: the host name has no address.
 * - `tls`: no safe connection to it, as when its certificate is not one that it should have.
 * - `error`: anything else, such as an answer that is not HTTP.
 * - `hung`: it answers `/health` and nothing else.
 */
export const FAILURE_REASONS = ['refused', 'timeout', 'status', 'reset', 'unresolved', 'tls', 'error', 'hung'] as const;
export type FailureReason = (typeof FAILURE_REASONS)[number];

export type HealthResult =
  | { readonly kind: 'ok'; readonly report: HealthReport }
  /** `why`: of `tls`, see `nodeTlsFailure`. */
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly why?: string };

/**
 * - `admitted`: the first answer at the start, or enough answers in a row after it was down.
 * - `draining`, `ready`: the node changed its own mind.
 * - `restarted`: it came back as another instance, whatever its state.
 * - `errors`: it answered traffic with errors only. `trial`: it may show whether that is over.
 * - `operator-draining`, `operator-maintenance`, `operator-ready`: an operator said so.
 * - `withdrawn`: where it was found it is found no more. `found`: it is again.
 * - else: why the failure that ejected it failed.
 */
export const TRANSITION_REASONS = [
  'admitted',
  'draining',
  'ready',
  'restarted',
  'errors',
  'trial',
  'operator-draining',
  'operator-maintenance',
  'operator-ready',
  'withdrawn',
  'found',
  ...FAILURE_REASONS,
] as const;
export type TransitionReason = (typeof TRANSITION_REASONS)[number];

export interface Transition {
  readonly from: NodeState;
  /** The same as `from` when it was restarted without being missed. */
  readonly to: NodeState;
  readonly reason: TransitionReason;
  /** ms since the epoch. */
  readonly at: number;
  /** For how long it had been `from`, ms. */
  readonly sinceMs: number;
  /** Of an ejection that is one of many: what it takes to come back. */
  readonly damped?: Damping;
  /** Of an ejection for errors: how long it lasts, ms. */
  readonly forMs?: number;
  /** Of an ejection for `tls`: see `nodeTlsFailure`. */
  readonly why?: string | undefined;
}

export interface Damping {
  /** Within `FLAP_WINDOW_MS`, this one included. */
  readonly ejections: number;
  /** In the place of `rise`. */
  readonly successesNeeded: number;
}

export interface HealthRules {
  /** Successes in a row that readmit. */
  readonly rise: number;
  /** Failures in a row that eject. */
  readonly fall: number;
}

/** What is known beside the result of a poll. */
export interface Circumstances {
  /** Traffic saw the node fail before it was polled. */
  readonly suspected?: boolean;
  /** No node of the pool answers. */
  readonly allDown?: boolean;
}

/** How long an ejection is remembered. */
export const FLAP_WINDOW_MS = 60_000;
/** From this ejection within the window on, each doubles the successes that readmit. */
const FLAPPING = 3;
/** The most that damping asks for, unless `rise` itself is more. */
const MOST_SUCCESSES = 16;

export class NodeHealth {
  #rules: HealthRules;
  #state: NodeState = 'unknown';
  #since: number;
  #instanceId: string | undefined;
  #silence: NodeSilence | undefined;
  /** Answers, while down, or failures, while not, one after the other. */
  #streak = 0;
  /** When it was ejected, within the window before the last ejection, oldest first. */
  #ejections: readonly number[] = [];

  /** @param now ms since the epoch, as in `observe` */
  constructor(rules: HealthRules, now: number) {
    this.#rules = rules;
    this.#since = now;
  }

  get state(): NodeState {
    return this.#state;
  }

  /** Since when it has that state, ms since the epoch. */
  get since(): number {
    return this.#since;
  }

  /** The last that the node named: one that stops naming it has not been restarted, as far as anyone knows. */
  get instanceId(): string | undefined {
    return this.#instanceId;
  }

  /** Of a node that was ejected because it gave no answer, as long as nothing else speaks against it. */
  get silence(): NodeSilence | undefined {
    return this.#silence;
  }

  /** The last results speak against its state, or there are none: poll faster. */
  get inTransition(): boolean {
    return this.#state === 'unknown' || this.#streak > 0;
  }

  /** Other rules from the next result on. */
  follow(rules: HealthRules): void {
    this.#rules = rules;
  }

  observe(result: HealthResult, now: number, circumstances: Circumstances = {}): Transition | undefined {
    const { suspected = false, allDown = false } = circumstances;
    return result.kind === 'ok'
      ? this.#succeeded(result.report, now, allDown)
      : this.#failed(result.reason, now, suspected);
  }

  #succeeded(report: HealthReport, now: number, allDown: boolean): Transition | undefined {
    const restarted = this.#noteInstance(report.instanceId);
    const to = report.draining ? 'draining' : 'up';
    if (this.#state === 'down') {
      this.#streak++;
      if (this.#silence !== undefined) this.#silence = 'over';
      if (allDown || this.#streak >= this.#successesNeeded())
        return this.#enter(to, restarted ? 'restarted' : 'admitted', now);
      return restarted ? this.#stay('restarted', now) : undefined;
    }
    this.#streak = 0;
    if (this.#state === to) return restarted ? this.#stay('restarted', now) : undefined;
    if (this.#state === 'unknown') return this.#enter(to, 'admitted', now);
    return this.#enter(to, restarted ? 'restarted' : report.draining ? 'draining' : 'ready', now);
  }

  #failed(reason: FailureReason, now: number, suspected: boolean): Transition | undefined {
    if (this.#state === 'down') {
      this.#streak = 0;
      if (this.#silence !== undefined) this.#silence = silenceFor(reason);
      return undefined;
    }
    if (this.#state === 'unknown') return this.#enter('down', reason, now);
    this.#streak++;
    return suspected || this.#streak >= this.#rules.fall ? this.#eject(reason, now) : undefined;
  }

  #eject(reason: FailureReason, now: number): Transition {
    this.#ejections = [...this.#ejections.filter((at) => now - at < FLAP_WINDOW_MS), now];
    const transition = this.#enter('down', reason, now);
    this.#silence = silenceFor(reason);
    const ejections = this.#ejections.length;
    return ejections < FLAPPING
      ? transition
      : { ...transition, damped: { ejections, successesNeeded: this.#successesNeeded() } };
  }

  /** Successes in a row that readmit: `rise`, or more for a node that flaps. */
  #successesNeeded(): number {
    const { rise } = this.#rules;
    const doublings = this.#ejections.length - FLAPPING + 1;
    return doublings <= 0 ? rise : Math.max(rise, Math.min(rise * 2 ** doublings, MOST_SUCCESSES));
  }

  /** True when the node named another instance before. */
  #noteInstance(instanceId: string | undefined): boolean {
    if (instanceId === undefined || instanceId === this.#instanceId) return false;
    const restarted = this.#instanceId !== undefined;
    this.#instanceId = instanceId;
    return restarted;
  }

  #enter(to: NodeState, reason: TransitionReason, now: number): Transition {
    const transition: Transition = { from: this.#state, to, reason, at: now, sinceMs: now - this.#since };
    this.#state = to;
    this.#since = now;
    this.#streak = 0;
    this.#silence = undefined;
    return transition;
  }

  #stay(reason: TransitionReason, now: number): Transition {
    return { from: this.#state, to: this.#state, reason, at: now, sinceMs: now - this.#since };
  }
}

/** Only who says nothing may be pausing. */
function silenceFor(reason: FailureReason): NodeSilence | undefined {
  return reason === 'timeout' || reason === 'hung' ? 'lasting' : undefined;
}
