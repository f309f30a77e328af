import assert from 'node:assert/strict';
import test from 'node:test';
import { WorkerStats } from '../observe/stats.ts';
import { changeBetween } from '../pool/pool-change.ts';
import { aNode } from '../pool/testing/nodes.ts';
import type { ToWorker, WorkerReport } from './messages.ts';
import { emptyReport } from './report-totals.ts';
import { WorkerProcess } from './worker-process.ts';

const OTHER = aNode(1);

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

test('a worker is told what of the pool has changed if it knows the pool before, and else all', () => {
  const told: ToWorker[] = [];
  const anchor = { tell: (_: number, message: ToWorker) => void told.push(message), kill: () => {} };
  const make = (): WorkerProcess => new WorkerProcess({ id: 1, generation: 1, anchor, nothingYet: emptyReport([]) });
  const pools = [1, 2, 3].map((version) => ({ version, nodes: [aNode(0, { sessions: version }), OTHER] }));
  const [first, second, third] = pools;
  assert.ok(first && second && third);
  const publish = (worker: WorkerProcess): readonly string[] => {
    told.length = 0;
    worker.publish(second, changeBetween(first, second));
    worker.publish(third, changeBetween(second, third));
    return told.map((message) => message.type);
  };

  const current = make();
  assert.deepEqual(publish(current), [], 'it has not started');
  current.started = true;
  current.poolVersion = 1;
  assert.deepEqual(publish(current), ['pool-change', 'pool-change']);
  assert.deepEqual(told.at(-1), { type: 'pool-change', change: { since: 2, version: 3, nodes: [third.nodes[0]] } });

  const behind = make();
  behind.started = true;
  behind.poolVersion = 0;
  assert.deepEqual(publish(behind), ['pool', 'pool-change']);

  const adopted = make();
  adopted.adopt({ id: 1, pid: 1 }, { started: true, retiring: false });
  assert.deepEqual(publish(adopted), ['pool', 'pool']);
});
