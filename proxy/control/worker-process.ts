/** One worker as the primary knows it: its process, since when it serves, and the last that it reported. */
import type { RoutingRequest } from '../affinity/decision.ts';
import type { RunningWorker } from '../anchor/messages.ts';
import type { SessionTrail } from '../observe/session-trail.ts';
import type { NodeStats } from '../observe/snapshot.ts';
import type { PoolChange } from '../pool/pool-change.ts';
import type { PoolSnapshot } from '../pool/view.ts';
import type { Explanation } from '../traffic/explanation.ts';
import type { AnchorLink } from './anchor-link.ts';
import type { Memo } from './memo.ts';
import type { FromWorker, ToWorker, WorkerReport } from './messages.ts';
import { Questions } from './questions.ts';

export interface WorkerProcessOptions {
  readonly id: number;
  /** Workers of a lower one are to be replaced by those of the highest. */
  readonly generation: number;
  readonly anchor: Pick<AnchorLink, 'tell' | 'kill'>;
  readonly nothingYet: WorkerReport;
}

type Remembered = Memo['workers'][number];

export class WorkerProcess {
  readonly id: number;
  readonly generation: number;
  /** Resolves to true when it accepts connections, to false when it is gone before. */
  readonly listens: Promise<boolean>;
  /** 0 until it is forked. */
  pid = 0;
  /** It accepts nothing more and finishes what it has. */
  retiring = false;
  /** It was told to listen. */
  started = false;
  /** Of the pool that this primary has told it; undefined: of none. */
  poolVersion: number | undefined;
  /** Why it said that it cannot work, '' when it did not. */
  fatal = '';
  readonly #anchor: WorkerProcessOptions['anchor'];
  readonly #reports = new Questions<WorkerReport>();
  readonly #trails = new Questions<SessionTrail>();
  readonly #explanations = new Questions<Explanation>();
  /** Of reports that have begun to come, by their ids. */
  readonly #pieces = new Map<number, readonly NodeStats[]>();
  #report: WorkerReport;
  /** Of a primary before this one, and perhaps of a program that knows no changes. */
  #adopted = false;
  #gone = false;
  #killing: NodeJS.Timeout | undefined;
  #listeningSince: number | undefined;
  #settleListens: (listens: boolean) => void = () => {};

  constructor({ id, generation, anchor, nothingYet }: WorkerProcessOptions) {
    this.id = id;
    this.generation = generation;
    this.#anchor = anchor;
    this.listens = new Promise((resolve) => {
      this.#settleListens = resolve;
    });
    this.#report = nothingYet;
  }

  /** One of a primary before this one. `remembered`: what that one left of it. */
  adopt({ pid }: RunningWorker, { started, listeningSince, retiring }: Omit<Remembered, 'id'>): void {
    this.#adopted = true;
    this.pid = pid;
    this.started = started;
    this.retiring = retiring;
    if (listeningSince !== undefined) this.nowListens(listeningSince);
  }

  get memo(): Remembered {
    const { id, started, retiring } = this;
    return { id, started, retiring, listeningSince: this.#listeningSince };
  }

  /** ms since the epoch; undefined until it accepts connections. */
  get listeningSince(): number | undefined {
    return this.#listeningSince;
  }

  nowListens(since = Date.now()): void {
    this.#listeningSince = since;
    this.#settleListens(true);
  }

  get lastReport(): WorkerReport {
    return this.#report;
  }

  send(message: ToWorker): void {
    if (!this.#gone) this.#anchor.tell(this.id, message);
  }

  /** `change`: how it came from the pool before. One that has not started will be told all. */
  publish(pool: PoolSnapshot, change: PoolChange | undefined): void {
    if (!this.started) return;
    const isKnown = change !== undefined && change.since === this.poolVersion && !this.#adopted;
    this.send(isKnown ? { type: 'pool-change', change } : { type: 'pool', pool });
    this.poolVersion = pool.version;
  }

  /** Resolves when `lastReport` is of now, or the worker is gone. */
  async refreshReport(): Promise<void> {
    if (!this.started || this.#gone) return;
    await this.#reports.ask((id) => this.send({ type: 'report-request', id }));
  }

  /** What it remembers of the session with this alias; undefined when it is gone. */
  async trailOf(alias: string): Promise<SessionTrail | undefined> {
    if (!this.started || this.#gone) return undefined;
    return this.#trails.ask((id) => this.send({ type: 'trail-request', id, alias }));
  }

  receivedTrail({ id, trail }: Extract<FromWorker, { type: 'trail' }>): void {
    this.#trails.answered(id, trail);
  }

  /** Where it would send this request; undefined when it is gone. */
  async explain(request: RoutingRequest, listener: number): Promise<Explanation | undefined> {
    if (!this.started || this.#gone) return undefined;
    return this.#explanations.ask((id) => this.send({ type: 'explain-request', id, request, listener }));
  }

  receivedExplanation({ id, explanation }: Extract<FromWorker, { type: 'explanation' }>): void {
    this.#explanations.answered(id, explanation);
  }

  receivedPiece({ id, nodes }: Extract<FromWorker, { type: 'report-piece' }>): void {
    this.#pieces.set(id, [...(this.#pieces.get(id) ?? []), ...nodes]);
  }

  received({ id, report: last }: Extract<FromWorker, { type: 'report' }>): void {
    const { stats } = last;
    const report = { ...last, stats: { ...stats, nodes: [...(this.#pieces.get(id) ?? []), ...stats.nodes] } };
    this.#pieces.delete(id);
    this.#report = report;
    this.#reports.answered(id, report);
  }

  kill(): void {
    if (!this.#gone) this.#anchor.kill(this.id);
  }

  killUnlessGoneIn(ms: number): void {
    this.#killing ??= setTimeout(() => this.kill(), ms).unref();
  }

  exited(): void {
    this.#gone = true;
    clearTimeout(this.#killing);
    this.#settleListens(false);
    this.#reports.abandon();
    this.#trails.abandon();
    this.#explanations.abandon();
  }
}
