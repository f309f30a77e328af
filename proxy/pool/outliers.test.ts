import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Candidate, leavesEnough, Outliers } from './outliers.ts';
import type { NodeState } from './view.ts';

const RULES = { errors: 5, ejection: 10_000 };

/** A pool of nodes `a`, `b`, … that obeys, as the poller does. */
class Pool {
  readonly outliers: Outliers;
  readonly health: Map<string, NodeState>;
  readonly done: string[] = [];
  readonly ejected = new Set<string>();
  now = 0;

  constructor(size: number, rules = RULES) {
    this.outliers = new Outliers(rules);
    this.health = new Map(
      'abcdefgh'
        .slice(0, size)
        .split('')
        .map((name) => [name, 'up']),
    );
  }

  get nodes(): readonly Candidate[] {
    return [...this.health].map(([name, health]) => ({
      name,
      operator: 'ready',
      state: health === 'up' && this.ejected.has(name) ? 'draining' : health,
    }));
  }

  counted(node: string, successes: number, failures: number): void {
    this.outliers.counted(node, successes, failures, this.now);
    this.judge();
    this.pass(500);
  }

  set(node: string, health: NodeState): void {
    this.health.set(node, health);
    if (health === 'down') {
      this.outliers.forget(node);
      this.ejected.delete(node);
    }
    this.judge();
  }

  pass(ms: number): void {
    this.now += ms;
    this.judge();
  }

  judge(): void {
    for (let orders = 0; ; orders++) {
      assert.ok(orders <= 2 * this.health.size, 'orders do not contradict each other for ever');
      const order = this.outliers.next(this.nodes, this.now);
      if (order === undefined) return;
      this.done.push(`${order.kind} ${order.node}`);
      if (order.kind === 'eject') this.ejected.add(order.node);
      else this.ejected.delete(order.node);
    }
  }

  /** Ejects `a` by errors and lets the ejection pass; how long it took, ms. */
  ejection(): number {
    this.counted('a', 0, 5);
    assert.ok(this.ejected.has('a'));
    const forMs = this.outliers.nextAfter(this.now) - this.now;
    this.pass(forMs - 1);
    assert.ok(this.ejected.has('a'));
    this.pass(1);
    assert.ok(!this.ejected.has('a'));
    return forMs;
  }
}

describe('a node that answers with errors', () => {
  it('is ejected at the fifth in a row, whichever workers saw them, and readmitted after the ejection', () => {
    const pool = new Pool(3);
    pool.counted('a', 0, 2);
    pool.counted('a', 0, 2);
    assert.deepEqual(pool.done, []);
    pool.counted('a', 0, 1);
    assert.deepEqual(pool.done, ['eject a']);
    pool.pass(10_000);
    assert.deepEqual(pool.done, ['eject a', 'readmit a']);
  });

  it('is not by what breaks off as it dies: its polls are quicker', () => {
    const pool = new Pool(3);
    pool.outliers.counted('a', 0, 50, pool.now);
    assert.equal(pool.outliers.nextAfter(pool.now), 500);
    pool.pass(499);
    pool.set('a', 'down');
    pool.set('a', 'up');
    pool.pass(10_000);
    assert.deepEqual(pool.done, []);
  });

  it('is not while any answer is well', () => {
    const pool = new Pool(3);
    for (let n = 0; n < 100; n++) {
      pool.counted('a', 0, 4);
      pool.counted('a', 1, 0);
      pool.counted('a', 3, 4);
      pool.counted('a', 1, 0);
    }
    assert.deepEqual(pool.done, []);
  });

  it('is not for failures that are far apart', () => {
    const pool = new Pool(3);
    for (let n = 0; n < 20; n++) {
      pool.counted('a', 0, 1);
      pool.pass(30_001);
    }
    assert.deepEqual(pool.done, []);
  });

  it('is out for longer each time in a row, up to ten times as long, and one row of failures on trial is enough', () => {
    const pool = new Pool(3);
    const times = Array.from({ length: 12 }, () => pool.ejection() / RULES.ejection);
    assert.deepEqual(times, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10]);
  });

  it('has one ejection forgotten for each minute in the pool', () => {
    const pool = new Pool(3);
    for (let n = 0; n < 3; n++) pool.ejection();
    pool.pass(125_000);
    assert.equal(pool.ejection(), 20_000);
    pool.pass(600_000);
    assert.equal(pool.ejection(), 10_000);
  });

  it('stays in when all err: that is the application', () => {
    const pool = new Pool(3);
    for (const node of ['a', 'b', 'c']) pool.counted(node, 0, 50);
    assert.deepEqual(pool.done, ['eject a']);
    const alone = new Pool(1);
    alone.counted('a', 0, 50);
    assert.deepEqual(alone.done, []);
  });

  it('is readmitted at once when the others die', () => {
    const pool = new Pool(3);
    pool.counted('a', 0, 5);
    pool.set('b', 'down');
    assert.deepEqual(pool.done, ['eject a', 'readmit a']);
  });

  it('begins anew when its polls decide about it', () => {
    const pool = new Pool(3);
    pool.counted('a', 0, 5);
    pool.set('a', 'down');
    pool.set('a', 'up');
    assert.equal(pool.outliers.nextAfter(pool.now), Number.POSITIVE_INFINITY);
    assert.equal(pool.ejection(), 10_000);
  });

  it('stays in where 0 errors are configured, and comes back when they are', () => {
    const off = { errors: 0, ejection: 10_000 };
    const pool = new Pool(3, off);
    pool.counted('a', 0, 50);
    assert.deepEqual(pool.done, []);
    const on = new Pool(3);
    on.counted('a', 0, 5);
    on.outliers.follow(off);
    on.judge();
    assert.deepEqual(on.done, ['eject a', 'readmit a']);
  });
});

describe('whatever happens', () => {
  const node = fc.constantFrom('a', 'b', 'c', 'd');
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('counted'), node, ok: fc.nat(1), bad: fc.nat(6) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('health'), node, up: fc.boolean() }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.nat(40_000) }) },
  );

  function play(pool: Pool, one: Record<string, unknown>): void {
    if (one.kind === 'pass') pool.pass(one.ms as number);
    else if (one.kind === 'counted') pool.counted(one.node as string, one.ok as number, one.bad as number);
    else pool.set(one.node as string, one.up ? 'up' : 'down');
  }

  it('a node is ejected only while another is up, and at least half of all are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 80 }), (size, steps) => {
        const pool = new Pool(size);
        for (const one of steps) {
          if ('node' in one && !pool.health.has(one.node)) continue;
          play(pool, one);
          const ejected = pool.nodes.filter(({ name }) => pool.ejected.has(name));
          const up = pool.nodes.filter(({ state }) => state === 'up').length;
          if (ejected.length > 0) assert.ok(up > 0 && up * 2 >= size, JSON.stringify(pool.nodes));
          for (const { name } of ejected) assert.ok(leavesEnough(pool.nodes, name));
        }
      }),
    );
  });

  it('a node that is never seen to fail five times in a row stays in', () => {
    const quiet = fc.array(fc.record({ ok: fc.integer({ min: 1, max: 9 }), bad: fc.nat(4), ms: fc.nat(2000) }));
    fc.assert(
      fc.property(quiet, (steps) => {
        const pool = new Pool(4);
        for (const { ok, bad, ms } of steps) {
          pool.counted('a', ok, bad);
          pool.pass(ms);
        }
        assert.deepEqual(pool.done, []);
      }),
    );
  });

  it('every ejection ends, after ten times the first at the latest', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const pool = new Pool(4);
        for (const one of steps) play(pool, one);
        pool.pass(10 * RULES.ejection);
        assert.deepEqual([...pool.ejected], []);
        assert.equal(pool.outliers.nextAfter(pool.now), Number.POSITIVE_INFINITY);
      }),
    );
  });
});
