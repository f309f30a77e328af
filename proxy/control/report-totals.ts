/** The sum over all workers that ever were. Counters never go down: those of a worker that is gone stay in it. */
import { mergeSnapshots, retired } from '../observe/snapshot.ts';
import { WorkerStats } from '../observe/stats.ts';
import type { WorkerReport } from './messages.ts';

export function emptyReport(nodeNames: readonly string[]): WorkerReport {
  return { stats: new WorkerStats(nodeNames).snapshot(), cpuSeconds: 0, residentBytes: 0 };
}

export class ReportTotals {
  #gone: WorkerReport;
  /** Of which reports `#sum` is: whoever asks does so much more often than workers report. */
  #summed: readonly WorkerReport[] = [];
  #sum: WorkerReport;

  constructor(nodeNames: readonly string[]) {
    this.#gone = emptyReport(nodeNames);
    this.#sum = this.#gone;
  }

  /** Keeps the counters of a worker that is gone. */
  retire(last: WorkerReport): void {
    this.#gone = add(this.#gone, { ...last, stats: retired(last.stats), residentBytes: 0 });
  }

  plus(living: readonly WorkerReport[]): WorkerReport {
    const summed = [this.#gone, ...living];
    if (summed.length !== this.#summed.length || summed.some((report, index) => report !== this.#summed[index])) {
      this.#summed = summed;
      this.#sum = living.reduce(add, this.#gone);
    }
    return this.#sum;
  }
}

function add(a: WorkerReport, b: WorkerReport): WorkerReport {
  return {
    stats: mergeSnapshots(a.stats, b.stats),
    cpuSeconds: a.cpuSeconds + b.cpuSeconds,
    residentBytes: a.residentBytes + b.residentBytes,
  };
}
