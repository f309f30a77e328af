import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readOptions, UsageError } from './options.ts';

describe('the command line of the fuzz', () => {
  it('searches everything for ten minutes unless told otherwise', () => {
    const options = readOptions([], 7);
    assert.deepEqual([options?.durationMs, options?.seed, options?.targets.length], [600_000, 7, 6]);
  });

  it('takes time, seed, rounds and targets', () => {
    const options = readOptions(['--minutes', '0.5', '--seed', '3', '--rounds', '2', '--only', 'tunnels,answers'], 7);
    assert.deepEqual([options?.durationMs, options?.seed, options?.rounds], [30_000, 3, 2]);
    assert.deepEqual(
      options?.targets.map(({ name }) => name),
      ['answers', 'tunnels'],
    );
  });

  for (const args of [
    ['--minutes', '0'],
    ['--minutes', 'x'],
    ['--seed', '-1'],
    ['--only', 'nonsense'],
    ['--what'],
    ['x'],
  ]) {
    it(`refuses ${args.join(' ')}`, () => assert.throws(() => readOptions(args, 7), UsageError));
  }
});
