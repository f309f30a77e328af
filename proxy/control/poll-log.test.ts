import assert from 'node:assert/strict';
import test from 'node:test';
import { PollLog } from './poll-log.ts';

test('the last twenty polls of a node are kept, as long as it is configured', () => {
  const log = new PollLog();
  for (let at = 1; at <= 25; at++) log.polled('a', { kind: 'failed', reason: 'refused' }, 0.123, at);
  assert.equal(log.of('a').length, 20);
  assert.deepEqual(log.of('a')[0], { at: 6, result: 'refused', ms: 0.1 });
  assert.deepEqual(
    log.of('a', 24).map(({ at }) => at),
    [24, 25],
  );
  assert.deepEqual(log.of('a', 26), []);
  assert.deepEqual(log.all, { a: log.of('a') });
  log.keep(new Set(['b']));
  assert.deepEqual(log.of('a'), []);
});
