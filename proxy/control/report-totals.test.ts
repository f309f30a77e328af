import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { WorkerStats } from '../observe/stats.ts';
import { exchange } from '../observe/testing/exchange.ts';
import type { WorkerReport } from './messages.ts';
import { ReportTotals } from './report-totals.ts';

class Worker {
  readonly stats = new WorkerStats(['a']);
  reported: WorkerReport = this.now();

  now(): WorkerReport {
    return { stats: this.stats.snapshot(), cpuSeconds: this.stats.connectionsAccepted / 8, residentBytes: 100 };
  }
}

const step = fc.oneof(
  fc.record({ do: fc.constant('serve' as const), worker: fc.nat(2) }),
  fc.record({ do: fc.constant('report' as const), worker: fc.nat(2) }),
  fc.record({ do: fc.constant('die' as const), worker: fc.nat(2) }),
);

test('whatever order workers serve, report and die in, no counter goes down and nothing that was reported is lost', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const totals = new ReportTotals(['a']);
      const workers = [new Worker(), new Worker(), new Worker()];
      let accepted = 0;
      let reported = 0;
      for (const { do: what, worker: index } of steps) {
        const worker = workers[index];
        assert.ok(worker);
        if (what === 'serve') {
          worker.stats.connectionsAccepted++;
          worker.stats.exchangeEnded(exchange(), 0);
        } else if (what === 'report') {
          reported += worker.stats.connectionsAccepted - worker.reported.stats.connectionsAccepted;
          worker.reported = worker.now();
        } else {
          totals.retire(worker.reported);
          workers[index] = new Worker();
        }
        const sum = totals.plus(workers.map((living) => living.reported));
        assert.ok(sum.stats.connectionsAccepted >= accepted);
        accepted = sum.stats.connectionsAccepted;
        assert.equal(accepted, reported);
        assert.equal(sum.cpuSeconds, reported / 8);
        assert.equal(sum.stats.nodes[0]?.requests[0]?.[1] ?? 0, reported);
        assert.equal(sum.residentBytes, 300);
      }
    }),
    { seed: 2, numRuns: 100 },
  );
});
