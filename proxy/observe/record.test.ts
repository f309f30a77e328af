import assert from 'node:assert/strict';
import test from 'node:test';
import { tokenOf } from './record.ts';

test('a created session is found under the token that its answer named', () => {
  assert.equal(tokenOf({ created: '123456789', token: '' }), '123456789');
  assert.equal(tokenOf({ created: '', token: '987654321' }), '987654321');
});
