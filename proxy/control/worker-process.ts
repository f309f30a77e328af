/** One worker as the primary knows it: its process, since when it serves, and the last that it reported. */
import type { Worker } from 'node:cluster';
import type { SessionTrail } from '../observe/session-trail.ts';
import type { FromWorker, ToWorker, WorkerReport } from './messages.ts';
import { Questions } from './questions.ts';

export class WorkerProcess {
  /** Workers of a lower one are to be replaced by those of the highest. */
  readonly generation: number;
  /** Resolves to true when it accepts connections, to false when it is gone before. */
  readonly listens: Promise<boolean>;
  /** It accepts nothing more and finishes what it has. */
  retiring = false;
  /** It was told to listen, so it may hold the listening sockets. */
  started = false;
  /** Why it said that it cannot work, '' when it did not. */
  fatal = '';
  readonly #worker: Worker;
  readonly #awaited = new Map<number, () => void>();
  readonly #trails = new Questions<SessionTrail>();
  #report: WorkerReport;
  #lastId = 0;
  #listeningSince: number | undefined;
  #settleListens: (listens: boolean) => void = () => {};

  constructor(worker: Worker, generation: number, nothingYet: WorkerReport) {
    this.#worker = worker;
    this.generation = generation;
    this.listens = new Promise((resolve) => {
      this.#settleListens = resolve;
    });
    this.#report = nothingYet;
    // Sending to a worker that dies at this moment fails here; its exit is what counts.
    worker.on('error', () => {});
    worker.once('exit', () => this.#answerAll());
  }

  get pid(): number {
    return this.#worker.process.pid ?? 0;
  }

  /** ms since the epoch; undefined until it accepts connections. */
  get listeningSince(): number | undefined {
    return this.#listeningSince;
  }

  nowListens(): void {
    this.#listeningSince = Date.now();
    this.#settleListens(true);
  }

  get lastReport(): WorkerReport {
    return this.#report;
  }

  send(message: ToWorker): void {
    if (this.#worker.isConnected()) this.#worker.send(message, ignoreFailure);
  }

  /** Resolves when `lastReport` is of now, or the worker is gone. */
  refreshReport(): Promise<void> {
    if (!this.started || !this.#worker.isConnected()) return Promise.resolve();
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#awaited.set(id, resolve);
      this.send({ type: 'report-request', id });
    });
  }

  /** What it remembers of the session with this alias; undefined when it is gone. */
  async trailOf(alias: string): Promise<SessionTrail | undefined> {
    if (!this.started || !this.#worker.isConnected()) return undefined;
    return this.#trails.ask((id) => this.send({ type: 'trail-request', id, alias }));
  }

  receivedTrail({ id, trail }: Extract<FromWorker, { type: 'trail' }>): void {
    this.#trails.answered(id, trail);
  }

  received({ id, report }: Extract<FromWorker, { type: 'report' }>): void {
    this.#report = report;
    this.#awaited.get(id)?.();
    this.#awaited.delete(id);
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }

  killUnlessGoneIn(ms: number): void {
    const timer = setTimeout(() => this.kill(), ms).unref();
    this.#worker.once('exit', () => clearTimeout(timer));
  }

  #answerAll(): void {
    this.#settleListens(false);
    for (const answer of this.#awaited.values()) answer();
    this.#awaited.clear();
    this.#trails.abandon();
  }
}

function ignoreFailure(): void {}
