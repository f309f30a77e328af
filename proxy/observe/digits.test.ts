import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { milliseconds, threeDigits } from './digits.ts';

test('durations are numbers of JSON, exact to the microsecond', () => {
  for (const [ms, text] of [
    [0, '0.000'],
    [0.0004, '0.000'],
    [0.9996, '1.000'],
    [12.3456, '12.346'],
    [86_400_000, '86400000.000'],
  ] as const) {
    assert.equal(milliseconds(ms), text);
  }
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e10, noNaN: true }), (ms) => {
      assert.equal(JSON.parse(milliseconds(ms)), Math.round(ms * 1000) / 1000);
    }),
  );
});

test('three digits are three', () => {
  assert.deepEqual([0, 7, 42, 999].map(threeDigits), ['000', '007', '042', '999']);
});
