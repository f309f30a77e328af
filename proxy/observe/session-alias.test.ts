import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { newAliasKey, SessionAliases, shownAlias } from './session-alias.ts';

test('one key gives a token the same alias in every process, and tokens different ones', () => {
  const key = newAliasKey();
  const one = new SessionAliases(key);
  const other = new SessionAliases(key);
  const tokens = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 130 }), { maxLength: 30 });
  fc.assert(
    fc.property(tokens, (sample) => {
      const aliases = sample.map((token) => one.of(token));
      assert.deepEqual(
        sample
          .toReversed()
          .map((token) => other.of(token))
          .reverse(),
        aliases,
      );
      assert.equal(new Set(aliases).size, sample.length);
      for (const alias of aliases) assert.match(alias, /^[0-9a-f]{24}$/);
    }),
    { seed: 4, numRuns: 50 },
  );
});

test('another key gives another alias', () => {
  const token = '123456789';
  assert.notEqual(new SessionAliases(newAliasKey()).of(token), new SessionAliases(newAliasKey()).of(token));
});

test('people see the first half of it', () => {
  assert.equal(shownAlias('0123456789abcdef01234567'), '0123456789ab');
});
