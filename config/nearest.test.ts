import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nearest } from './nearest.ts';

const KEYS = ['path', 'interval', 'fastInterval', 'timeout', 'rise', 'fall', 'serverUrl'];

test('the nearest known word is suggested, or none', () => {
  const cases: [string, string | undefined][] = [
    ['paht', 'path'],
    ['intervall', 'interval'],
    ['INTERVAL', 'interval'],
    ['fast-interval', 'fastInterval'],
    ['server_url', 'serverUrl'],
    ['tiemout', 'timeout'],
    ['foo', undefined],
    ['', undefined],
    ['x'.repeat(100_000), undefined],
  ];
  for (const [word, expected] of cases) assert.equal(nearest(word, KEYS), expected, word.slice(0, 20));
});

test('a known word is its own nearest', () => {
  fc.assert(fc.property(fc.constantFrom(...KEYS), (key) => nearest(key, KEYS) === key));
});
