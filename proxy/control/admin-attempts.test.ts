import assert from 'node:assert/strict';
import test from 'node:test';
import { AdminAttempts } from './admin-attempts.ts';

const HERE = '192.0.2.7';

test('after twenty different wrong tokens none of that address is looked at until the minute is over', () => {
  let now = 0;
  const attempts = new AdminAttempts(() => now);
  for (let guess = 0; guess < 19; guess++) attempts.wasWrong(HERE, `guess-${guess}`);
  assert.equal(attempts.waitFor(HERE, 'another'), 0);
  now = 10_000;
  attempts.wasWrong(HERE, 'guess-19');
  assert.equal(attempts.waitFor(HERE, 'another'), 50_000);
  assert.equal(attempts.waitFor('192.0.2.8', 'another'), 0, 'others are not concerned');
  now = 60_000;
  assert.equal(attempts.waitFor(HERE, 'another'), 0);
  attempts.wasWrong(HERE, 'guess-20');
  assert.equal(attempts.waitFor(HERE, 'another'), 0, 'it begins anew');
});

test('one wrong token again and again is one, and a token that was right there goes on', () => {
  const attempts = new AdminAttempts(() => 0);
  attempts.wasRight(HERE, 'right');
  for (let look = 0; look < 100; look++) attempts.wasWrong(HERE, 'old');
  assert.equal(attempts.waitFor(HERE, 'another'), 0);
  for (let guess = 0; guess < 100; guess++) attempts.wasWrong(HERE, `guess-${guess}`);
  assert.equal(attempts.waitFor(HERE, 'right'), 0);
  assert.ok(attempts.waitFor(HERE, 'right-elsewhere') > 0);
  assert.ok(attempts.waitFor('::ffff:192.0.2.7', 'another') > 0, 'the same address, as a dual-stack socket says it');
});

test('an IPv6 network of 64 bits is one address', () => {
  const attempts = new AdminAttempts(() => 0);
  for (let guess = 0; guess < 20; guess++) attempts.wasWrong(`2001:db8:1:2::${guess}`, `guess-${guess}`);
  assert.ok(attempts.waitFor('2001:db8:1:2::ffff', 'another') > 0);
  assert.equal(attempts.waitFor('2001:db8:1:3::1', 'another'), 0);
});
