import assert from 'node:assert/strict';
import test from 'node:test';
import { paintFor, roughly, table } from './terminal.ts';

const plainly = paintFor({ isTTY: false, hasColors: () => true, write: () => {} });

test('there are colours on a terminal that has them, and nowhere else', () => {
  const painted = paintFor({ isTTY: true, hasColors: () => true, write: () => {} });
  assert.equal(painted('red', 'down'), '\u001b[31mdown\u001b[39m');
  // What `hasColors` of a terminal says where NO_COLOR is set.
  const refused = paintFor({ isTTY: true, hasColors: () => false, write: () => {} });
  for (const paint of [plainly, refused, paintFor({ write: () => {} })]) assert.equal(paint('red', 'down'), 'down');
});

test('columns are as wide as what they hold, without blanks at the end', () => {
  const rows = [
    ['a', '', 'x'],
    ['longer', { text: '1', style: 'red' }, ''],
  ] as const;
  assert.equal(table(['N', 'NUMBER', 'Z'], rows, plainly), 'N       NUMBER  Z\na               x\nlonger  1');
});

test('colours take no room in a table', () => {
  const marked = table(['N', 'Z'], [[{ text: 'ab', style: 'red' }, 'x']], (style, text) => `<${style}>${text}</>`);
  assert.equal(marked, '<bold>N</>   <bold>Z</>\n<red>ab</>  x');
});

test('durations are told in the unit that a person takes in', () => {
  const told = [55.4, 2_440, 9_999, 31_000, 119_000, 120_000, 7_200_000, 90_000_000, 200_000_000].map(roughly);
  assert.deepEqual(told, ['55 ms', '2.4 s', '10 s', '31 s', '119 s', '2 min', '2 h', '25 h', '2 d']);
});
