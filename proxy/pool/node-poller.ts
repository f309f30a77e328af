/** Polls one node again and again: when the next poll is due, and never two at once. */
import { performance } from 'node:perf_hooks';
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import { type HealthResult, NodeHealth, type Transition } from './health.ts';
import { poll } from './poll.ts';
import type { NodeSnapshot } from './view.ts';

/** The share of an interval by which a poll may come early or late, so that replicas and nodes do not beat in time. */
const JITTER = 0.15;
/** However often traffic asks for a poll, a node gets no more than one in this time, ms. */
const LEAST_GAP_MS = 50;
/** How long a node under suspicion has for its answer, ms: traffic has waited already. */
const SUSPECT_TIMEOUT_MS = 400;

export interface NodePollerOptions {
  readonly node: Pick<NodeSnapshot, 'authority' | 'base'>;
  readonly health: ProxyConfig['health'];
  /** ms since the epoch. */
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  onResult(result: HealthResult, transition: Transition | undefined, durationMs: number): void;
}

export class NodePoller {
  readonly health: NodeHealth;
  readonly #options: NodePollerOptions;
  #rules: ProxyConfig['health'];
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

  constructor(options: NodePollerOptions) {
    this.#options = options;
    this.#rules = options.health;
    this.health = new NodeHealth(options.health, options.now());
  }

  /** Begins to poll; resolves after the first poll. */
  start(): Promise<void> {
    this.#begin();
    return this.#ended;
  }

  /** Polls by other rules from now on; a poll under way ends by the old ones. */
  follow(rules: ProxyConfig['health']): void {
    this.#rules = rules;
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
    this.#suspected = true;
    if (this.#timer !== undefined) this.#schedule();
    else this.#running?.abort();
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
    if (this.#asked || this.#urgent || this.#suspected) return LEAST_GAP_MS;
    const { interval, fastInterval } = this.#rules;
    const gap = this.health.inTransition ? Math.min(fastInterval, interval) : interval;
    return gap * (1 - JITTER + 2 * JITTER * this.#options.random());
  }

  #begin(): void {
    if (this.#stopped) return;
    this.#timer = undefined;
    this.#ended = this.#poll();
  }

  async #poll(): Promise<void> {
    const { node, now, onResult } = this.#options;
    const { path, timeout } = this.#rules;
    const urgent = this.#asked || this.#urgent;
    const suspected = this.#suspected;
    this.#asked = false;
    this.#beganAt = performance.now();
    const controller = new AbortController();
    this.#running = controller;
    const result = await poll(node, path, suspected ? Math.min(timeout, SUSPECT_TIMEOUT_MS) : timeout, controller);
    this.#running = undefined;
    if (this.#stopped) return;
    if (this.#suspected && !suspected) {
      this.#schedule();
      return;
    }
    this.#suspected = false;
    const transition = this.health.observe(result, now(), suspected);
    this.#urgent = urgent && this.health.inTransition && this.health.state !== 'down';
    this.#schedule();
    onResult(result, transition, performance.now() - this.#beganAt);
  }
}
