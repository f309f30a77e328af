import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServerNames } from './server-names.ts';

const NAMES = new ServerNames<string>();
NAMES.add(['a.example', '*.a.example'], 'one');
NAMES.add(['b.a.example', 'a.example', '*.example'], 'two');

for (const [name, expected] of [
  ['a.example', 'one'],
  ['A.EXAMPLE', 'one'],
  ['x.a.example', 'one'],
  ['b.a.example', 'two'],
  ['b.example', 'two'],
  ['x.b.a.example', undefined],
  ['.a.example', undefined],
  ['.', undefined],
  ['..', undefined],
  ['example', undefined],
  ['a.example.', undefined],
  ['a.example\0', undefined],
  ['', undefined],
  ['__proto__', undefined],
  ['constructor', undefined],
  ['x.constructor', undefined],
  ['\u{fffd}\0'.repeat(40_000), undefined],
] as const) {
  test(`${JSON.stringify(name.slice(0, 40))} is served by ${expected ?? 'nobody'}`, () => {
    assert.equal(NAMES.find(name), expected);
  });
}
