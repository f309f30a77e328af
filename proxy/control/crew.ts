/** All workers there are: what is said to all of them, what they are asked, and what they have counted together. */
import type { RoutingRequest } from '../affinity/decision.ts';
import type { SessionTrail } from '../observe/session-trail.ts';
import type { PoolChange } from '../pool/pool-change.ts';
import type { PoolSnapshot } from '../pool/view.ts';
import type { WorkerExplanation } from './explain-route.ts';
import type { WorkerTrails } from './failover-report.ts';
import type { ToWorker, WorkerReport } from './messages.ts';
import { ReportTotals } from './report-totals.ts';
import type { WorkerProcess } from './worker-process.ts';

/**
 * A worker that does not answer by then is shown as it was when it last did. On a busy machine one that is well may
 * take half a second and more, and counts should not be old just then.
 */
const REPORT_DEADLINE_MS = 2000;
/** How much of what a killed worker counted can be missing from the totals. */
const REFRESH_INTERVAL_MS = 5000;

export class Crew {
  readonly #workers = new Map<number, WorkerProcess>();
  readonly #totals: ReportTotals;
  #refresh: NodeJS.Timeout | undefined;

  constructor(nodeNames: readonly string[]) {
    this.#totals = new ReportTotals(nodeNames);
  }

  /** Those that are retiring included. */
  get workers(): readonly WorkerProcess[] {
    return [...this.#workers.values()];
  }

  /** Those that accept connections, or are about to. */
  get serving(): readonly WorkerProcess[] {
    return this.workers.filter((worker) => !worker.retiring);
  }

  /** How many accept connections. */
  get listening(): number {
    return this.serving.filter((worker) => worker.listeningSince !== undefined).length;
  }

  get size(): number {
    return this.#workers.size;
  }

  of(id: number): WorkerProcess | undefined {
    return this.#workers.get(id);
  }

  add(worker: WorkerProcess): void {
    this.#workers.set(worker.id, worker);
  }

  /** What it counted stays in the totals. */
  remove(worker: WorkerProcess): void {
    this.#workers.delete(worker.id);
    this.#totals.retire(worker.lastReport);
  }

  /** Asks for reports now and then, so that little is lost with a worker that is killed. */
  startRefreshing(): void {
    this.#refresh = setInterval(() => void this.#refreshReports(), REFRESH_INTERVAL_MS).unref();
  }

  stopRefreshing(): void {
    clearInterval(this.#refresh);
  }

  broadcast(message: ToWorker): void {
    for (const worker of this.#workers.values()) worker.send(message);
  }

  /** `change`: how it came from the pool that was published before. */
  publish(pool: PoolSnapshot, change: PoolChange | undefined): void {
    for (const worker of this.#workers.values()) worker.publish(pool, change);
  }

  /** Gives those that have started another configuration, and the pool that goes with it. */
  reconfigure(message: Extract<ToWorker, { type: 'config' }>): void {
    this.broadcast(message);
    for (const worker of this.#workers.values()) if (worker.started) worker.poolVersion = message.pool.version;
  }

  /** Closes the tunnels to a node, so many a second; each worker closes its share. */
  closeTunnels(node: string, perSecond: number): void {
    const { workers } = this;
    const paces = pacesFor(
      perSecond,
      workers.map((worker) => tunnelsTo(node, worker.lastReport)),
    );
    for (const [index, worker] of workers.entries()) {
      worker.send({ type: 'close-tunnels', node, perSecond: paces[index] ?? 0 });
    }
  }

  /** The sum over all workers that ever were; waits for their answers, but not for longer than two seconds. */
  async collect(): Promise<WorkerReport> {
    await this.#refreshReports();
    return this.lastTotals;
  }

  /** The same by their last reports. */
  get lastTotals(): WorkerReport {
    return this.#totals.plus(this.workers.map((worker) => worker.lastReport));
  }

  /**
   * What they remember of the session with this alias; waits for their answers, but not for longer than two seconds.
   */
  async trailsOf(alias: string): Promise<WorkerTrails> {
    const { workers } = this;
    const trails: ({ readonly pid: number } & SessionTrail)[] = [];
    const answers = workers.map(async (worker) => {
      const trail = await worker.trailOf(alias);
      if (trail !== undefined) trails.push({ pid: worker.pid, ...trail });
    });
    await withinDeadline(Promise.all(answers));
    return { trails: [...trails], silent: workers.length - trails.length };
  }

  /** By a worker that listens; undefined when there is none, or it does not answer within `deadlineMs`. */
  async explain(request: RoutingRequest, listener: number, deadlineMs: number): Promise<WorkerExplanation | undefined> {
    const worker = this.serving.find(({ listeningSince }) => listeningSince !== undefined);
    if (worker === undefined) return undefined;
    const asked = worker.explain(request, listener);
    const explanation = await withinDeadline(asked, deadlineMs);
    return explanation && { pid: worker.pid, explanation };
  }

  async #refreshReports(): Promise<void> {
    await withinDeadline(Promise.all(this.workers.map((worker) => worker.refreshReport())));
  }
}

/** One that has reported none may have one by now. */
export function pacesFor(perSecond: number, tunnels: readonly number[]): readonly number[] {
  const all = tunnels.reduce((sum, count) => sum + count + 1, 0);
  return tunnels.map((count) => (perSecond * (count + 1)) / all);
}

function tunnelsTo(node: string, { stats }: WorkerReport): number {
  return stats.nodes.find(({ name }) => name === node)?.tunnels ?? 0;
}

/** Resolves with the answers, or to undefined when a worker has taken too long for one. */
async function withinDeadline<Answer>(answers: Promise<Answer>, ms = REPORT_DEADLINE_MS): Promise<Answer | undefined> {
  let deadline: NodeJS.Timeout | undefined;
  const tooLate = new Promise<undefined>((resolve) => {
    deadline = setTimeout(() => resolve(undefined), ms);
  });
  const answer = await Promise.race([answers, tooLate]);
  clearTimeout(deadline);
  return answer;
}
