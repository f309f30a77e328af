/** Polls one node again and again: when the next poll is due, and never two at once. */
import { performance } from 'node:perf_hooks';
import type { NodeTls } from '../tls/node-tls.ts';
import { type HealthResult, NodeHealth, type Transition } from './health.ts';
import { type PolledAddress, poll } from './poll.ts';
import type { PollRules } from './poll-rules.ts';

/** The share of an interval by which a poll may come early or late, so that replicas and nodes do not beat in time. */
const JITTER = 0.15;
/** However often traffic asks for a poll, a node gets no more than one in this time, ms. */
const LEAST_GAP_MS = 50;
/** How long a node under suspicion has for its answer, ms: traffic has waited already. */
const SUSPECT_TIMEOUT_MS = 450;

const HUNG: HealthResult = { kind: 'failed', reason: 'hung' };

export interface NodePollerOptions {
  readonly node: PolledAddress;
  readonly tls: NodeTls | undefined;
  readonly rules: PollRules;
  /** Whether the pool can do without the node. */
  readonly mayEject: () => boolean;
  /** No node of the pool answers. */
  readonly allDown: () => boolean;
  onResult(result: HealthResult, transition: Transition | undefined, durationMs: number): void;
}

export class NodePoller {
  readonly health: NodeHealth;
  readonly #options: NodePollerOptions;
  #rules: PollRules;
  #tls: NodeTls | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: AbortController | undefined;
  #ended: Promise<void> = Promise.resolve();
  #stopped = false;
  /** When the last poll began, by the monotonic clock, ms. */
  #beganAt = Number.NEGATIVE_INFINITY;
  /** Traffic asked for a poll that has not begun yet. */
  #asked = false;
  /** Traffic found the node failing and the polls have not yet made up their mind. */
  #urgent = false;
  /** Traffic suspects that the node hangs, and the poll that tells has not ended yet. */
  #suspected = false;
  /** Traffic gets no answers, and the poll that tells whether anybody does has not begun. */
  #doubted = false;
  /** It is down because it answered `/health` only: that alone does not bring it back. */
  #hung = false;
  #askingElsewhere = false;

  constructor(options: NodePollerOptions) {
    this.#options = options;
    this.#rules = options.rules;
    this.#tls = options.tls;
    this.health = new NodeHealth(options.rules, Date.now());
  }

  get hung(): boolean {
    return this.#hung;
  }

  /** Begins to poll; resolves after the first poll. */
  start(): Promise<void> {
    this.#begin();
    return this.#ended;
  }

  /** Polls by other rules from now on; a poll under way ends by the old ones. */
  follow(rules: PollRules, tls: NodeTls | undefined): void {
    this.#rules = rules;
    this.#tls = tls;
    this.health.follow(rules);
    if (this.#timer !== undefined) this.#schedule();
  }

  /**
   * A poll as soon as may be: at once, or after the one under way, or when the last is `LEAST_GAP_MS` ago. If it fails,
   * the next ones follow at that pace until the node is cleared or ejected.
   */
  pollNow(): void {
    if (this.#stopped || this.#asked) return;
    this.#asked = true;
    if (this.#timer !== undefined) this.#schedule();
  }

  /**
   * A poll as soon as may be, with little time to answer, that ejects the node if it fails. One under way is given up:
   * it would wait for a hung node as long as polls usually do.
   */
  suspect(): void {
    if (this.#stopped || this.#suspected || this.health.state === 'down' || this.health.state === 'unknown') return;
    // It has answered `/health` this moment, and what else it answers is being asked.
    if (this.#askingElsewhere) return;
    this.#suspected = true;
    if (this.#timer !== undefined) this.#schedule();
    else this.#running?.abort();
  }

  /**
   * A poll as soon as may be, which the node passes only if it answers something else as well: a look-up. If it does
   * not, it is ejected, and comes back when it does.
   */
  doubt(): void {
    if (this.#stopped || this.#doubted || this.health.state === 'down' || this.health.state === 'unknown') return;
    this.#doubted = true;
    if (this.#timer !== undefined) this.#schedule();
  }

  /** An operator knows better: `/health` is enough from now on. */
  trust(): void {
    this.#doubted = false;
    this.#hung = false;
  }

  /** Ends the poll under way, which has no result then. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#running?.abort();
    await this.#ended;
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const delay = Math.max(0, this.#beganAt + this.#gap() - performance.now());
    this.#timer = setTimeout(() => this.#begin(), delay);
  }

  /** From the beginning of one poll to that of the next, ms. */
  #gap(): number {
    if (this.#asked || this.#urgent || this.#suspected || this.#doubted) return LEAST_GAP_MS;
    const { interval, fastInterval } = this.#rules;
    const gap = this.health.inTransition || this.#options.allDown() ? Math.min(fastInterval, interval) : interval;
    return gap * (1 - JITTER + 2 * JITTER * Math.random());
  }

  #begin(): void {
    if (this.#stopped) return;
    this.#timer = undefined;
    this.#ended = this.#poll();
  }

  async #poll(): Promise<void> {
    const { path, timeout } = this.#rules;
    const urgent = this.#asked || this.#urgent;
    const suspected = this.#suspected;
    const doubted = this.#doubted || this.#hung;
    this.#asked = false;
    this.#doubted = false;
    this.#beganAt = performance.now();
    const answered = await this.#ask(path, suspected ? Math.min(timeout, SUSPECT_TIMEOUT_MS) : timeout);
    if (this.#stopped) return;
    if (this.#suspected && !suspected) {
      this.#doubted ||= doubted;
      this.#schedule();
      return;
    }
    this.#suspected = false;
    const result = doubted && answered.kind === 'ok' && (await this.#isHung()) ? HUNG : answered;
    if (this.#stopped) return;
    const transition = this.health.observe(result, Date.now(), {
      suspected: suspected || result === HUNG,
      allDown: this.#options.allDown(),
    });
    if (transition?.to === 'down') this.#hung = result === HUNG;
    else if (this.health.state !== 'down') this.#hung = false;
    this.#urgent = urgent && this.health.inTransition && this.health.state !== 'down';
    // It may only be pausing: the next poll begins at once, and hears it when it goes on.
    if (transition?.to === 'down' && this.health.silence === 'lasting') this.#asked = true;
    // The pace depends on what the result makes of the pool.
    this.#options.onResult(result, transition, performance.now() - this.#beganAt);
    if (!this.#stopped) this.#schedule();
  }

  async #ask(path: string, timeout: number): Promise<HealthResult> {
    const controller = new AbortController();
    this.#running = controller;
    const result = await poll(this.#options.node, path, timeout, controller, this.#tls);
    this.#running = undefined;
    return result;
  }

  /** The node is well at `/health`: whether it answers nothing else. Any status is an answer. */
  async #isHung(): Promise<boolean> {
    const { elsewhere, timeout } = this.#rules;
    this.#askingElsewhere = true;
    const result = await this.#ask(elsewhere, timeout);
    this.#askingElsewhere = false;
    return result.kind === 'failed' && result.reason === 'timeout' && (this.#hung || this.#options.mayEject());
  }
}
