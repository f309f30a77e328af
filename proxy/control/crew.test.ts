import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { pacesFor } from './crew.ts';

test('the paces of all workers are together that of the node, and nobody stands still', () => {
  const tunnels = fc.array(fc.nat(100_000), { minLength: 1, maxLength: 64 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), tunnels, (perSecond, counts) => {
      const paces = pacesFor(perSecond, counts);
      assert.ok(Math.abs(paces.reduce((sum, pace) => sum + pace, 0) - perSecond) < 1e-6 * perSecond);
      assert.ok(paces.every((pace) => pace > 0));
    }),
  );
});

test('who has more tunnels closes more', () => {
  assert.deepEqual(pacesFor(16, [0, 2, 4]), [16 / 9, (16 * 3) / 9, (16 * 5) / 9]);
  assert.deepEqual(pacesFor(1, [0, 0, 0, 0]), [0.25, 0.25, 0.25, 0.25]);
});
