import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskToken } from './log.ts';

test('of a session token the last digits are shown, of any other secret nothing', () => {
  assert.equal(maskToken('045800826'), '*****0826');
  for (const secret of ['aB3_-xYz0123456789012345678901ab', '0458', 45_800_826, undefined]) {
    assert.equal(maskToken(secret), '*****');
  }
});
