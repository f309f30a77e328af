import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { pino } from 'pino';
import { Rollover } from './rollover.ts';

interface Worker {
  readonly generation: number;
  readonly listens: Promise<boolean>;
  kill(): void;
}

function workerOf(generation: number, listens = true): Worker {
  return { generation, listens: Promise.resolve(listens), kill: () => {} };
}

/** `outcomes`: whether each worker that is forked comes to listen; all that are beyond do. */
function setUp(before: number, outcomes: readonly boolean[] = []) {
  const serving = Array.from({ length: before }, () => workerOf(1));
  let wanted = before;
  let forked = 0;
  let fewest = before;
  const rollover: Rollover<Worker> = new Rollover<Worker>({
    serving: () => serving,
    logger: pino({ enabled: false }),
    fork: () => {
      const listens = outcomes[forked] ?? true;
      const worker = workerOf(rollover.generation, listens);
      forked++;
      if (listens) serving.push(worker);
      return worker;
    },
    retire: (worker) => {
      serving.splice(serving.indexOf(worker), 1);
      fewest = Math.min(fewest, serving.length);
    },
    wanted: () => wanted,
    replacements: () => 0,
  });
  return {
    rollover,
    serving,
    /** The first of the next generation. */
    forerun: () => {
      serving.push(workerOf(rollover.generation + 1));
      rollover.begin();
    },
    want: (count: number) => {
      wanted = count;
    },
    forked: () => forked,
    fewest: () => fewest,
  };
}

const count = fc.integer({ min: 1, max: 8 });

test('all are replaced, by as many as there should be, and never fewer serve than before and after', async () => {
  await fc.assert(
    fc.asyncProperty(count, count, async (before, after) => {
      const { rollover, serving, forerun, want, fewest } = setUp(before);
      forerun();
      want(after);
      await rollover.replaceOld();
      assert.deepEqual(
        serving.map(({ generation }) => generation),
        Array.from({ length: after }, () => 2),
      );
      assert.ok(fewest() >= Math.min(before, after));
    }),
  );
});

test('when new ones cannot listen, old ones stay, and never fewer serve than before', async () => {
  await fc.assert(
    fc.asyncProperty(count, fc.nat(6), async (before, good) => {
      const { rollover, serving, forerun, fewest } = setUp(before, [
        ...Array.from({ length: good }, () => true),
        false,
      ]);
      forerun();
      await rollover.replaceOld();
      assert.ok(fewest() >= before);
      assert.ok(serving.length >= before);
    }),
  );
});

test('another number of workers takes or leaves the difference, and no more', async () => {
  await fc.assert(
    fc.asyncProperty(count, count, async (before, after) => {
      const { rollover, serving, want, forked } = setUp(before);
      want(after);
      await rollover.resize();
      assert.equal(serving.length, after);
      assert.equal(forked(), Math.max(0, after - before));
    }),
  );
});

test('nothing is begun at the end', async () => {
  const { rollover, forerun, want, forked } = setUp(3);
  forerun();
  want(0);
  await rollover.replaceOld();
  await rollover.resize();
  assert.equal(forked(), 0);
});
