import assert from 'node:assert/strict';
import test from 'node:test';
import { RestartBackoff } from './restart-backoff.ts';

test('a worker that served for long is replaced at once', () => {
  assert.equal(new RestartBackoff().delayAfter(3_600_000), 0);
});

test('workers that keep dying young are replaced ever more slowly, but never given up', () => {
  const backoff = new RestartBackoff();
  const delays = Array.from({ length: 20 }, () => backoff.delayAfter(0));
  assert.deepEqual(delays.slice(0, 4), [100, 200, 400, 800]);
  assert.deepEqual(
    delays,
    delays.toSorted((a, b) => a - b),
  );
  assert.equal(delays.at(-1), 10_000);
  assert.equal(backoff.earlyDeaths, 20);
});

test('one that served in between starts the count afresh', () => {
  const backoff = new RestartBackoff();
  backoff.delayAfter(0);
  backoff.delayAfter(0);
  backoff.delayAfter(60_000);
  assert.equal(backoff.delayAfter(0), 100);
});
