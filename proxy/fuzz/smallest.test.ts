import assert from 'node:assert/strict';
import { it } from 'node:test';
import { smallestBytes } from './smallest.ts';

it('leaves nothing of a finding that is not needed to see it', async () => {
  const input = { bytes: `${'x'.repeat(100)}a${'y'.repeat(33)}b${'z'.repeat(10)}`, cuts: [1] };
  const smallest = await smallestBytes(input, async ({ bytes }) => /a.*b/.test(bytes));
  assert.deepEqual(smallest, { bytes: 'ab', cuts: [1] });
});
