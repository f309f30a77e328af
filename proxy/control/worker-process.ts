/** One worker as the primary knows it: its process, since when it serves, and the last that it reported. */
import type { Worker } from 'node:cluster';
import type { FromWorker, ToWorker, WorkerReport } from './messages.ts';

export class WorkerProcess {
  /** ms since the epoch; undefined until it accepts connections. */
  listeningSince: number | undefined;
  /** It was told to listen, so it may hold the listening sockets. */
  started = false;
  /** Why it said that it cannot work, '' when it did not. */
  fatal = '';
  readonly #worker: Worker;
  readonly #awaited = new Map<number, () => void>();
  #report: WorkerReport;
  #lastId = 0;

  constructor(worker: Worker, nothingYet: WorkerReport) {
    this.#worker = worker;
    this.#report = nothingYet;
    // Sending to a worker that dies at this moment fails here; its exit is what counts.
    worker.on('error', () => {});
    worker.once('exit', () => this.#answerAll());
  }

  get pid(): number {
    return this.#worker.process.pid ?? 0;
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

  received({ id, report }: Extract<FromWorker, { type: 'report' }>): void {
    this.#report = report;
    this.#awaited.get(id)?.();
    this.#awaited.delete(id);
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }

  #answerAll(): void {
    for (const answer of this.#awaited.values()) answer();
    this.#awaited.clear();
  }
}

function ignoreFailure(): void {}
