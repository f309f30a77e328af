import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
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
  const rates = ratesOf(1, 1, 2);
  assert.equal(rates.take('192.0.2.1', NOW), 0);
  assert.equal(rates.take('192.0.2.1', NOW), 1);
  rates.charge([['192.0.2.1', 3]], NOW);
  assert.equal(rates.take('192.0.2.1', NOW), 4);
  assert.equal(rates.take('192.0.2.1', NOW + 1_500), 3);
  assert.equal(rates.take('192.0.2.1', NOW + 4_000), 0);
  const fast = ratesOf(1000, 1);
  fast.take('192.0.2.1', NOW);
  assert.equal(fast.take('192.0.2.1', NOW), 1);
});

describe('several workers', () => {
  const SECONDS = 20;

  /** Requests let through in `SECONDS` by workers that tell each other; `pick`: at which the n-th arrives. */
  function passed(workers: readonly RequestRates[], perSecond: number, pick: (n: number) => number): number {
    let count = 0;
    for (let n = 0; n < SECONDS * perSecond; n++) {
      const now = NOW + (n * 1000) / perSecond;
      if (workers[pick(n) % workers.length]?.take('192.0.2.1', now) === 0) count++;
      if (n % Math.max(1, Math.round(perSecond / 5)) === 0) tellEachOther(workers, now);
    }
    return count;
  }

  function tellEachOther(workers: readonly RequestRates[], now: number): void {
    for (const teller of workers) {
      const spending = teller.spent();
      for (const other of workers) if (other !== teller) other.charge(spending, now);
    }
  }

  const workersOf = (rate: number, burst: number) => Array.from({ length: 4 }, () => ratesOf(rate, burst, 4));

  it('keep to the rate together, and to a burst each, however requests are spread', () => {
    for (const pick of [(n: number) => n, () => 0, (n: number) => Math.floor(n / 500)]) {
      const count = passed(workersOf(40, 10), 1000, pick);
      assert.ok(count <= 40 * SECONDS + 4 * 10 + 40, `${count} with ${pick}`);
      assert.ok(count >= 40 * SECONDS, `${count} with ${pick}`);
    }
  });

  it('refuse nobody who keeps to it, on one connection or on many', () => {
    for (const pick of [(n: number) => n, () => 0]) assert.equal(passed(workersOf(40, 10), 39, pick), 39 * SECONDS);
  });

  it('do not tell of those who send little, nor of more than two hundred', () => {
    const quiet = ratesOf(1_000, 10, 2);
    quiet.take('192.0.2.1', NOW);
    assert.deepEqual(quiet.spent(), []);
    const rates = ratesOf(10, 10, 2);
    for (let i = 0; i < 250; i++) rates.take(`192.0.2.${i}`, NOW);
    rates.take('192.0.2.249', NOW);
    const spending = rates.spent();
    assert.equal(spending.length, 200);
    assert.deepEqual(spending[0], ['192.0.2.249', 2]);
    assert.deepEqual(rates.spent(), []);
  });

  it('are not told of by one alone', () => {
    const rates = ratesOf(1, 1);
    rates.take('192.0.2.1', NOW);
    assert.deepEqual(rates.spent(), []);
  });
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
