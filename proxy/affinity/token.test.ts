import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { isTokenShaped } from './token.ts';

it('a token is 1 to 128 letters, digits, dots, underscores or dashes, and no path segment of its own meaning', () => {
  const near = fc.string({ unit: fc.constantFrom(...'aZ09._-/:,@[`{ ~é\u0141'), maxLength: 3 });
  fc.assert(
    fc.property(fc.oneof(near, fc.string()), (token) => {
      const expected = /^[A-Za-z0-9._-]{1,128}$/.test(token) && token !== '.' && token !== '..';
      assert.equal(isTokenShaped(token), expected);
    }),
    { numRuns: 1000 },
  );
  assert.deepEqual(
    [128, 129].map((length) => isTokenShaped('x'.repeat(length))),
    [true, false],
  );
});

it('every character is judged by itself', () => {
  for (let code = 0; code < 0x200; code++) {
    const character = String.fromCharCode(code);
    assert.equal(isTokenShaped(`x${character}`), /[A-Za-z0-9._-]/.test(character), `U+${code.toString(16)}`);
  }
});
