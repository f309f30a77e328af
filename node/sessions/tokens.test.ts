import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSessionToken, isUserToken, newSessionToken, newUserToken } from './tokens.ts';

const SAMPLES = 20_000;

test('session tokens are nine digits and keep their leading zeros', () => {
  const tokens = Array.from({ length: SAMPLES }, newSessionToken);
  assert.ok(tokens.every(isSessionToken));
  // A tenth of them each; fewer than one in twenty would be 25 standard deviations off.
  for (const digit of '0123456789') {
    assert.ok(tokens.filter((token) => token.startsWith(digit)).length > SAMPLES / 20, `few begin with ${digit}`);
  }
});

test('user tokens are url-safe and never repeat', () => {
  const tokens = Array.from({ length: SAMPLES }, newUserToken);
  assert.ok(tokens.every(isUserToken));
  assert.ok(tokens.every((token) => encodeURIComponent(token) === token));
  assert.equal(new Set(tokens).size, SAMPLES);
});

for (const text of [
  '',
  '12345678',
  '1234567890',
  '12345678a',
  '-12345678',
  ' 123456789',
  '123456789\n',
  '１２３４５６７８９',
]) {
  test(`${JSON.stringify(text)} is no session token`, () => assert.equal(isSessionToken(text), false));
}

for (const text of ['', 'short', 'a'.repeat(31), 'a'.repeat(33), `${'a'.repeat(31)}.`, `${'a'.repeat(31)}%`]) {
  test(`${JSON.stringify(text)} is no user token`, () => assert.equal(isUserToken(text), false));
}
