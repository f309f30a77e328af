import assert from 'node:assert/strict';
import { test } from 'node:test';
import { descriptorGrowth, memoryGrowth, type ProcessSample, type Sample } from './flat.ts';

const MIB = 1024 * 1024;
const SAMPLES = 400;

/** `look`: the processes at a moment, from 0 to 1. */
function samples(look: (moment: number) => readonly ProcessSample[]): Sample[] {
  return Array.from({ length: SAMPLES }, (_, at) => ({ at: at * 1_000, processes: look(at / SAMPLES) }));
}

const worker = (pid: number, mib: number, descriptors = 20): ProcessSample => {
  return { pid, role: 'worker', residentBytes: mib * MIB, descriptors };
};

test('memory that rises while it warms up and then stays is flat', () => {
  const [growth, ...others] = memoryGrowth(samples((moment) => [worker(1, moment < 0.2 ? 60 + 300 * moment : 120)]));
  assert.deepEqual(others, []);
  assert.equal(growth?.of, 'worker 1');
  assert.equal(growth?.flat, true);
});

test('memory that rises all the time is not', () => {
  assert.equal(memoryGrowth(samples((moment) => [worker(1, 100 + 100 * moment)]))[0]?.flat, false);
});

test('one peak is no rise', () => {
  const growth = memoryGrowth(samples((moment) => [worker(1, moment > 0.8 && moment < 0.85 ? 500 : 100)]));
  assert.equal(growth[0]?.flat, true);
});

test('each process that lives long is judged by its own life, and no other', () => {
  const growth = memoryGrowth(
    samples((moment) => [
      worker(1, 100),
      ...(moment < 0.3 ? [worker(2, 100)] : []),
      ...(moment >= 0.5 ? [worker(3, 100 + 300 * (moment - 0.5))] : []),
    ]),
  );
  assert.deepEqual(
    growth.map(({ of, flat }) => [of, flat]),
    [
      ['worker 1', true],
      ['worker 3', false],
    ],
  );
});

test('a process that was young to the end is not judged', () => {
  const youth = samples((moment) => [worker(1, 100 + 300 * moment)]).slice(0, 60);
  assert.deepEqual(memoryGrowth(youth), []);
});

test('open files are judged of all processes together', () => {
  const moved = samples((moment) => [worker(1, 1, moment < 0.5 ? 200 : 50), worker(2, 1, moment < 0.5 ? 50 : 200)]);
  assert.equal(descriptorGrowth(moved).flat, true);
  assert.equal(descriptorGrowth(samples((moment) => [worker(1, 1, 50 + 200 * moment)])).flat, false);
});
