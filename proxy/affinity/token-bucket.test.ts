import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TokenBucket } from './token-bucket.ts';

describe('the token bucket', () => {
  it('allows a burst of one second, then the rate', () => {
    const bucket = new TokenBucket(10, 0);
    assert.deepEqual(Array.from({ length: 11 }, () => bucket.take(0)).lastIndexOf(true), 9);
    assert.equal(bucket.take(99), false);
    assert.equal(bucket.take(100), true);
    assert.equal(bucket.take(100), false);
  });

  it('may save up more or less than one second of its rate, and says when there is one again', () => {
    const bucket = new TokenBucket(0.5, 0, 2);
    assert.deepEqual([bucket.take(0), bucket.secondsToNext, bucket.take(0), bucket.take(0)], [true, 0, true, false]);
    assert.equal(bucket.secondsToNext, 2);
    assert.equal(bucket.take(1_500), false);
    assert.equal(bucket.secondsToNext, 0.5);
    assert.deepEqual([bucket.take(60_000), bucket.take(60_000), bucket.take(60_000)], [true, true, false]);
  });

  it('never gives more than a burst and the rate in any time', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: -50, max: 500 }), fc.nat(30)), { maxLength: 50 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), steps, (perSecond, steps) => {
        const bucket = new TokenBucket(perSecond, 0);
        let now = 0;
        let forward = 0;
        let taken = 0;
        for (const [step, times] of steps) {
          now += step;
          forward += Math.max(0, step);
          for (let i = 0; i < times; i++) if (bucket.take(now)) taken++;
        }
        assert.ok(taken <= perSecond + (forward * perSecond) / 1000 + 1e-6);
      }),
    );
  });
});
