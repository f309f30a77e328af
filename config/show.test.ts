import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyOf, printable, shorten, showValue } from './show.ts';

test('values are shown short and on one line', () => {
  const cases: [unknown, string][] = [
    ['abc', '"abc"'],
    ['', '""'],
    ['a\nb\u001b[31m', '"a\\nb\\u001b[31m"'],
    ['\u202egnp.exe', '"\\u{202e}gnp.exe"'],
    ['x'.repeat(61), `"${'x'.repeat(60)}…"`],
    ['😀'.repeat(61), `"${'😀'.repeat(60)}…"`],
    [1.5, '1.5'],
    [true, 'true'],
    [null, 'nothing (null)'],
    [[], 'a list of 0 entries'],
    [['a'], 'a list of 1 entry'],
    [{ a: 1, b: 2 }, 'a mapping of 2 keys'],
  ];
  for (const [value, shown] of cases) assert.equal(showValue(value), shown);
});

test('no value breaks the line or grows beyond it', () => {
  const unit = fc.oneof(fc.string({ unit: 'binary', maxLength: 100 }), fc.string({ unit: 'grapheme', maxLength: 100 }));
  fc.assert(
    fc.property(fc.oneof(unit, fc.anything({ maxDepth: 1 })), (value) => {
      const shown = showValue(value);
      assert.doesNotMatch(shown, /[\p{Cc}\p{Zl}\p{Zp}]/u);
      assert.ok(shown.length <= 64 * 12, shown);
    }),
  );
});

test('words', () => {
  assert.equal(anyOf([]), '');
  assert.equal(anyOf(['a']), 'a');
  assert.equal(anyOf(['a', 'b']), 'a or b');
  assert.equal(anyOf(['a', 'b', 'c']), 'a, b or c');
  assert.equal(shorten('x'.repeat(60)), 'x'.repeat(60));
  assert.equal(printable('a\u0000b'), 'a\\u{0}b');
});
