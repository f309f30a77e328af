import assert from 'node:assert/strict';
import test from 'node:test';
import { WorkerStats } from '../observe/stats.ts';
import type { ToWorker, WorkerReport } from './messages.ts';
import { emptyReport } from './report-totals.ts';
import { WorkerProcess } from './worker-process.ts';

test('a report that comes in pieces is whole when it is answered, and no other one is mixed with it', async () => {
  const asked: number[] = [];
  const anchor = {
    tell: (_: number, message: ToWorker) => void (message.type === 'report-request' && asked.push(message.id)),
    kill: () => {},
  };
  const worker = new WorkerProcess({ id: 1, generation: 1, anchor, nothingYet: emptyReport([]) });
  worker.started = true;
  const { nodes, ...common } = new WorkerStats(['a', 'b']).snapshot();
  const report: WorkerReport = { stats: { ...common, nodes: nodes.slice(2) }, cpuSeconds: 1, residentBytes: 1 };
  const answered = [worker.refreshReport(), worker.refreshReport()];
  const [first = 0, second = 0] = asked;
  for (const node of nodes.slice(0, 2)) {
    for (const id of [first, second]) worker.receivedPiece({ type: 'report-piece', id, nodes: [node] });
  }
  for (const id of [first, second]) {
    worker.received({ type: 'report', id, report });
    assert.deepEqual(worker.lastReport.stats.nodes, nodes);
  }
  await Promise.all(answered);
});
