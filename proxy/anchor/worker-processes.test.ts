import assert from 'node:assert/strict';
import test from 'node:test';
import { compiled } from '../../config/testing/compiled.ts';
import type { WorkerNews } from './messages.ts';
import { WorkerProcesses } from './worker-processes.ts';

const STUB = compiled(new URL('./testing/stub-worker.ts', import.meta.url));

test('what nobody was told of is told in turn as soon as there is somebody', async (t) => {
  let onNone: () => void = () => {};
  const none = new Promise<void>((resolve) => {
    onNone = resolve;
  });
  const workers = new WorkerProcesses(STUB, onNone);
  t.after(() => workers.killAll());
  workers.fork(3, []);
  const [running] = workers.running;
  workers.send(3, 'end');
  await none;
  const news: WorkerNews[] = [];
  workers.report((one) => news.push(one));
  assert.deepEqual(news, [
    { type: 'forked', worker: 3, pid: running?.pid },
    { type: 'said', worker: 3, message: 'booted' },
    { type: 'said', worker: 3, message: { echo: 'end' } },
    { type: 'exited', worker: 3, code: 0, signal: null },
  ]);
  assert.deepEqual(workers.running, []);
});

test('one that cannot be begun has exited', async (t) => {
  const { execPath } = process;
  t.after(() => {
    process.execPath = execPath;
  });
  process.execPath = '/no/such/program';
  const news: WorkerNews[] = [];
  await new Promise<void>((resolve) => {
    const workers = new WorkerProcesses(STUB, resolve);
    workers.report((one) => news.push(one));
    workers.fork(1, []);
  });
  assert.deepEqual(news, [
    { type: 'forked', worker: 1, pid: 0 },
    { type: 'exited', worker: 1, code: null, signal: null },
  ]);
});
