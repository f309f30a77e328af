import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TicketRotation } from './ticket-rotation.ts';

const HOUR = 60 * 60 * 1000;

test('another secret every twelve hours, counted over primaries', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const rotated: string[] = [];
  const onRotated = (secret: string) => rotated.push(secret);
  const one = new TicketRotation({ held: undefined, onRotated });
  one.start(undefined);
  const first = one.secret;
  assert.match(first, /^[0-9a-f]{64}$/);
  t.mock.timers.tick(12 * HOUR - 1);
  assert.deepEqual([one.secret, rotated], [first, []]);
  t.mock.timers.tick(1);
  assert.deepEqual(rotated, [one.secret]);
  assert.notEqual(one.secret, first);

  t.mock.timers.tick(5 * HOUR);
  const other = new TicketRotation({ held: one.memo, onRotated });
  one.stop();
  other.start(one.memo);
  assert.equal(other.secret, one.secret);
  t.mock.timers.tick(7 * HOUR);
  assert.deepEqual(rotated, [one.secret, other.secret]);
  other.stop();
  t.mock.timers.tick(24 * HOUR);
  assert.equal(rotated.length, 2);
});

test('what the primary before did while this one prepared holds, and a secret that is too old goes at once', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 100 * HOUR });
  const rotated: string[] = [];
  const rotation = new TicketRotation({
    held: { secret: 'a', since: 99 * HOUR },
    onRotated: (secret) => rotated.push(secret),
  });
  rotation.start({ secret: 'b', since: 80 * HOUR });
  assert.equal(rotation.secret, 'b');
  t.mock.timers.tick(1);
  assert.deepEqual(rotated, [rotation.secret]);
  rotation.stop();
});
