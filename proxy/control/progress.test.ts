import assert from 'node:assert/strict';
import test from 'node:test';
import { Progress } from './progress.ts';

function written(isTTY: boolean): string {
  let text = '';
  const out = { isTTY, write: (more: string) => (text += more) };
  const progress = new Progress(out, out);
  for (const seconds of [3, 2, 2, 1]) progress.show(`${seconds > 2 ? 2 : 1} left`, `, ${seconds} s`);
  progress.say('done');
  return text;
}

test('in a log a countdown is no news', () => {
  assert.equal(written(false), '2 left, 3 s\n1 left, 2 s\ndone\n');
});

test('on a terminal it ticks', () => {
  const clear = '\r\u001b[K';
  assert.equal(written(true), `${clear}2 left, 3 s${clear}1 left, 2 s${clear}1 left, 1 s${clear}done\n`);
});
