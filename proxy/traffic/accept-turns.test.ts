import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AcceptTurns } from './accept-turns.ts';

const pauses = (turns: AcceptTurns, workers: number, accepted: number, now: number): number =>
  Array.from({ length: accepted }, () => turns.pass(workers, now)).filter((paused) => paused).length;

test('a worker among others pauses in a burst of connections, for a bounded time', () => {
  const turns = new AcceptTurns(5_000);
  assert.deepEqual([pauses(turns, 2, 10, 5_000), pauses(turns, 2, 1_000, 5_000)], [10, 54]);
  assert.equal(pauses(turns, 2, 1_000, 5_500), 32);
});

test('a worker alone never pauses, until it gets company', () => {
  const turns = new AcceptTurns(0);
  assert.deepEqual([pauses(turns, 1, 10, 0), pauses(turns, 3, 10, 0), pauses(turns, 1, 10, 0)], [0, 10, 0]);
});
