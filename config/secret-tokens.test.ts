import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSecretTokens } from './secret-tokens.ts';

const ONE = 'a-token.of_1~6+/=';
const OTHER = 'x'.repeat(512);

test('one token, or several for the time of a change', () => {
  assert.deepEqual(readSecretTokens(ONE), [ONE]);
  assert.deepEqual(readSecretTokens(` ${ONE}\r\n`), [ONE]);
  assert.deepEqual(readSecretTokens(`${ONE}\n${OTHER}\n`), [ONE, OTHER]);
});

test('no token, and what is none or can be guessed, even beside one that is well', () => {
  for (const text of ['', ' \n', 'short', 'x'.repeat(513), `${ONE} short`, `${ONE}\n"quoted-quoted-quoted"`]) {
    assert.equal(readSecretTokens(text), undefined, text);
  }
});
