import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TokenBucket } from './token-bucket.ts';

test('a burst passes at once, then the rate, and a long rest gives no more than the burst', () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 3 }, 0);
  const takeAll = (now: number): number => {
    let taken = 0;
    while (bucket.take(now)) taken++;
    return taken;
  };
  assert.equal(takeAll(0), 3);
  assert.equal(takeAll(99), 0);
  assert.equal(takeAll(100), 1);
  assert.equal(takeAll(350), 2);
  assert.equal(takeAll(60_000), 3);
});
