import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestRates } from './request-rates.ts';

const NOW = 1_000;

function ratesOf(requestsPerSecond: number, burst: number, workers = 1): RequestRates {
  const rates = RequestRates.of({ requestsPerSecond, burst }, workers, undefined);
  assert.ok(rates);
  return rates;
}

/** How many of so many requests at once may go on. */
function allowed(rates: RequestRates, requests: number, address: string, now: number): number {
  return Array.from({ length: requests }, () => rates.take(address, now)).filter((wait) => wait === 0).length;
}

test('a client has its burst, then its rate, and others have theirs', () => {
  const rates = ratesOf(10, 5);
  assert.equal(allowed(rates, 20, '192.0.2.1', NOW), 5);
  assert.equal(allowed(rates, 20, '192.0.2.1', NOW + 200), 2);
  assert.equal(allowed(rates, 20, '192.0.2.2', NOW + 200), 5);
  assert.equal(allowed(rates, 20, '192.0.2.1', NOW + 60_000), 5);
});

test('a network of 64 bits is one client', () => {
  const rates = ratesOf(10, 5);
  assert.equal(allowed(rates, 3, '2001:db8::1', NOW), 3);
  assert.equal(allowed(rates, 3, '2001:db8::2', NOW), 2);
  assert.equal(allowed(rates, 3, '2001:db8:0:1::1', NOW), 3);
});

test('who is refused is told when there is one again, in whole seconds', () => {
  const rates = ratesOf(1, 1, 4);
  assert.equal(rates.take('192.0.2.1', NOW), 0);
  assert.equal(rates.take('192.0.2.1', NOW), 4);
  assert.equal(rates.take('192.0.2.1', NOW + 1_500), 3);
  assert.equal(rates.take('192.0.2.1', NOW + 4_000), 0);
  const fast = ratesOf(1000, 1);
  fast.take('192.0.2.1', NOW);
  assert.equal(fast.take('192.0.2.1', NOW), 1);
});

test('all workers together keep to the rate', () => {
  const workers = Array.from({ length: 4 }, () => ratesOf(40, 1, 4));
  const seconds = 5;
  let count = 0;
  for (let ms = 0; ms < seconds * 1000; ms += 10) {
    for (const rates of workers) count += allowed(rates, 1, '192.0.2.1', NOW + ms);
  }
  assert.ok(count <= 40 * seconds + workers.length, String(count));
});

test('a reload that leaves the rate alone makes nobody’s burst anew', () => {
  const rates = ratesOf(10, 5, 2);
  const limits = { requestsPerSecond: 10, burst: 5 };
  assert.equal(RequestRates.of(limits, 2, rates), rates);
  assert.notEqual(RequestRates.of(limits, 3, rates), rates);
  assert.notEqual(RequestRates.of({ ...limits, burst: 6 }, 2, rates), rates);
  assert.equal(RequestRates.of({ ...limits, requestsPerSecond: 0 }, 2, rates), undefined);
});

test('what is remembered is bounded', () => {
  const rates = ratesOf(1, 1);
  assert.equal(rates.take('10.0.0.0', NOW), 0);
  for (let i = 1; i <= 100_000; i++) rates.take(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, NOW);
  assert.equal(rates.take('10.1.134.160', NOW), 1, 'the latest is known');
  assert.equal(rates.take('10.0.0.0', NOW), 0, 'the longest quiet is forgotten');
});
