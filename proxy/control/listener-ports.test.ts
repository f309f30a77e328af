import assert from 'node:assert/strict';
import test from 'node:test';
import { carriedOver, withKnownPorts } from './listener-ports.ts';
import type { Address } from './messages.ts';

const at = (port: number, host = '127.0.0.1'): Address => ({ host, port });

test('a free port that was found is kept when nobody holds it any more', () => {
  assert.deepEqual(withKnownPorts([at(0), at(80), at(0)], [at(1001), at(80)]), [at(1001), at(80), at(0)]);
});

test('a listener that is written as before is asked for as it is now, any other as it is written', () => {
  const before = [at(0), at(80)];
  const asked = [at(1001), at(80)];
  assert.deepEqual(carriedOver([at(0), at(80)], before, asked), asked);
  assert.deepEqual(carriedOver([at(0), at(81), at(0)], before, asked), [at(1001), at(81), at(0)]);
  assert.deepEqual(carriedOver([at(0, '::1')], before, asked), [at(0, '::1')]);
  assert.deepEqual(carriedOver([], before, asked), []);
});
