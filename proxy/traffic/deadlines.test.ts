/** The sweep over all deadlines of a worker. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Deadlines, NEVER, type Timed } from './deadlines.ts';

class Item implements Timed {
  deadline: number;
  sweepIndex = -1;
  calls = 0;
  readonly #onDeadline: (item: Item) => void;

  constructor(deadline: number, onDeadline: (item: Item) => void = () => {}) {
    this.deadline = deadline;
    this.#onDeadline = onDeadline;
  }

  onDeadline(): void {
    this.calls++;
    this.#onDeadline(this);
  }
}

function deadlinesFor(t: TestContext): Deadlines {
  const deadlines = new Deadlines();
  deadlines.start();
  // The sweep itself keeps no process alive.
  const awake = setInterval(() => {}, 60_000);
  t.after(() => {
    deadlines.stop();
    clearInterval(awake);
  });
  return deadlines;
}

/** The next sweep is over when this resolves. */
function sweep(deadlines: Deadlines): Promise<void> {
  return new Promise((resolve) => {
    // Items are looked at from the last one on: the first one added comes last, so this must be added before all
    // others.
    const last = new Item(0, () => {
      deadlines.remove(last);
      resolve();
    });
    deadlines.add(last);
  });
}

describe('deadlines', () => {
  it('call whoever is past its own, and nobody else', async (t) => {
    const deadlines = deadlinesFor(t);
    const swept = sweep(deadlines);
    const past = new Item(deadlines.now - 1);
    const soon = new Item(deadlines.now + 60_000);
    const never = new Item(NEVER);
    for (const item of [past, soon, never]) deadlines.add(item);
    await swept;
    assert.deepEqual([past.calls, soon.calls, never.calls], [1, 0, 0]);
  });

  it('call nobody twice who has set its deadline off', async (t) => {
    const deadlines = deadlinesFor(t);
    const item = new Item(0, (self) => {
      self.deadline = NEVER;
    });
    deadlines.add(item);
    for (let sweeps = 0; sweeps < 3; sweeps++) await sweep(deadlines);
    assert.equal(item.calls, 1);
  });

  it('call everybody though all of them go away meanwhile', async (t) => {
    const deadlines = deadlinesFor(t);
    const swept = sweep(deadlines);
    const items = Array.from({ length: 100 }, () => new Item(0, (self) => deadlines.remove(self)));
    for (const item of items) deadlines.add(item);
    await swept;
    assert.ok(items.every(({ calls, sweepIndex }) => calls === 1 && sweepIndex === -1));
  });

  it('leave those who come during a sweep to the next one', async (t) => {
    const deadlines = deadlinesFor(t);
    const swept = sweep(deadlines);
    const late = new Item(0, (self) => deadlines.remove(self));
    deadlines.add(
      new Item(0, (self) => {
        deadlines.remove(self);
        deadlines.add(late);
      }),
    );
    await swept;
    await sweep(deadlines);
    assert.equal(late.calls, 1);
  });

  it('keep the others when one in the middle goes', async (t) => {
    const deadlines = deadlinesFor(t);
    const swept = sweep(deadlines);
    const items = Array.from({ length: 5 }, () => new Item(0, (self) => deadlines.remove(self)));
    for (const item of items) deadlines.add(item);
    const [first, , middle] = items;
    if (first === undefined || middle === undefined) throw new Error('five items have a first and a middle');
    deadlines.remove(middle);
    deadlines.remove(first);
    await swept;
    assert.deepEqual(
      items.map(({ calls }) => calls),
      [0, 1, 0, 1, 1],
    );
  });

  it('reach everybody of many', async (t) => {
    const deadlines = deadlinesFor(t);
    let missing = 5_000;
    await new Promise<void>((resolve) => {
      const called = (item: Item): void => {
        item.deadline = NEVER;
        if (--missing === 0) resolve();
      };
      for (let i = 0; i < 5_000; i++) deadlines.add(new Item(0, called));
    });
    assert.equal(missing, 0);
  });

  for (const stoodStillMs of [1_500, 400]) {
    it(`wait until what came is read, when the process itself did not run for ${stoodStillMs} ms`, async (t) => {
      const deadlines = deadlinesFor(t);
      await sweep(deadlines);
      const item = new Item(deadlines.now + 200);
      deadlines.add(item);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stoodStillMs);
      // As a connection does that has been read: input is looked at after timers and before this.
      await new Promise((resolve) => setImmediate(resolve));
      item.deadline = NEVER;
      await sweep(deadlines);
      assert.equal(item.calls, 0);
    });
  }

  it('are kept by a process whose every turn is long', async (t) => {
    const deadlines = deadlinesFor(t);
    let isOver = false;
    const swept = sweep(deadlines).then(() => {
      isOver = true;
    });
    while (!isOver) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await swept;
  });

  describe('while nothing begins', () => {
    /** Timers and clock go on by 50 ms with each call, and not by themselves. */
    function clockFor(t: TestContext): () => void {
      t.mock.timers.enable({ apis: ['setTimeout'] });
      let now = performance.now();
      t.mock.method(performance, 'now', () => now);
      return () => {
        now += 50;
        t.mock.timers.tick(50);
      };
    }

    /** Sweeps in each of these seconds. */
    function paceFor(t: TestContext, onSweep: (sweeps: number) => boolean): { second(): number; wake(): void } {
      const tick = clockFor(t);
      let sweeps = 0;
      const deadlines = new Deadlines(() => onSweep(++sweeps));
      deadlines.start();
      t.after(() => deadlines.stop());
      return {
        wake: () => deadlines.wake(),
        second() {
          const before = sweeps;
          for (let ms = 0; ms < 1_000; ms += 50) tick();
          return sweeps - before;
        },
      };
    }

    it('are looked at rarely, and again at the usual pace from the first beginning on', (t) => {
      const pace = paceFor(t, () => false);
      assert.deepEqual([pace.second(), pace.second(), pace.second()], [20, 5, 5]);
      pace.wake();
      assert.deepEqual([pace.second(), pace.second()], [20, 5]);
    });

    it('are looked at as usual as long as somebody is waited for', (t) => {
      const pace = paceFor(t, (sweeps) => sweeps < 50);
      assert.deepEqual([pace.second(), pace.second(), pace.second()], [20, 20, 20]);
      pace.second();
      assert.equal(pace.second(), 5);
    });

    it('are reached all the same, everybody of many', (t) => {
      const tick = clockFor(t);
      const deadlines = new Deadlines();
      deadlines.start();
      t.after(() => deadlines.stop());
      for (let ms = 0; ms < 2_000; ms += 50) tick();
      const items = Array.from({ length: 10_000 }, () => new Item(0));
      for (const item of items) deadlines.add(item);
      for (let ms = 0; ms < 800; ms += 50) tick();
      assert.ok(items.every(({ calls }) => calls === 1));
    });
  });

  it('keep a clock that goes on', async (t) => {
    const deadlines = deadlinesFor(t);
    const before = deadlines.now;
    await sweep(deadlines);
    assert.ok(deadlines.now > before);
  });
});
