import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Schedule } from './schedule.ts';

test('times are at even distances from the beginning on, each is given once and none is left out', () => {
  const schedule = new Schedule(1_000, 4);
  assert.equal(schedule.next(999), undefined);
  assert.equal(schedule.next(1_000), 1_000);
  assert.equal(schedule.next(1_249), undefined);
  // Looked at too late, it gives all that was due meanwhile.
  assert.deepEqual([schedule.next(1_600), schedule.next(1_600), schedule.next(1_600)], [1_250, 1_500, undefined]);
});
