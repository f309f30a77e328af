import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { AddressLimiter } from './address-limiter.ts';
import { networkKey } from './network-key.ts';

const ADDRESS = '203.0.113.9';

/** A limiter of 60 a minute, which is one a second, and its clock. */
function newLimiter(options: { burst?: number; maxAddresses?: number } = {}) {
  const clock = { now: 0 };
  return { clock, limiter: new AddressLimiter({ perMinute: 60, burst: 3, now: () => clock.now, ...options }) };
}

test('a burst is let through, then the sustained rate', () => {
  const { clock, limiter } = newLimiter();
  assert.deepEqual(
    [1, 2, 3, 4].map(() => limiter.take(ADDRESS)),
    [true, true, true, false],
  );
  assert.equal(limiter.retryAfter(ADDRESS), 1);
  clock.now = 1_000;
  assert.equal(limiter.take(ADDRESS), true);
  assert.equal(limiter.take(ADDRESS), false);
});

test('what is given back can be taken again, but no more than the burst', () => {
  const { limiter } = newLimiter();
  for (let i = 0; i < 10; i++) {
    assert.equal(limiter.take(ADDRESS), true);
    limiter.giveBack(ADDRESS);
  }
  limiter.giveBack(ADDRESS);
  limiter.giveBack('unheard of');
  assert.equal(limiter.size, 1);
  const taken = Array.from({ length: 4 }, () => limiter.take(ADDRESS));
  assert.deepEqual(taken, [true, true, true, false]);
});

test('addresses do not share a limit, those of one IPv6 /64 do', () => {
  const { limiter } = newLimiter({ burst: 1 });
  assert.equal(limiter.take(ADDRESS), true);
  assert.equal(limiter.take('203.0.113.10'), true);
  assert.equal(limiter.take('2001:db8:0:1::5'), true);
  assert.equal(limiter.take('2001:db8::1:ffff:0:0:9'), false);
  assert.equal(limiter.take('2001:db8:0:2::5'), true);
});

test('memory is bounded: the longest unused address is forgotten', () => {
  const { limiter } = newLimiter({ burst: 1, maxAddresses: 100 });
  for (let i = 0; i < 1_000; i++) limiter.take(`address ${i}`);
  assert.equal(limiter.size, 100);
  assert.equal(limiter.take('address 999'), false);
  assert.equal(limiter.take('address 0'), true);
});

test('whatever the pace, no more than the burst and the rate allow', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 5_000 }), { maxLength: 100 }), (pauses) => {
      const { clock, limiter } = newLimiter();
      let taken = 0;
      for (const pause of pauses) {
        clock.now += pause;
        if (limiter.take(ADDRESS)) taken++;
        assert.ok(taken <= 3 + clock.now / 1_000);
      }
    }),
  );
});

describe('the network of', () => {
  const cases: readonly [address: string, key: string][] = [
    ['203.0.113.9', '203.0.113.9'],
    ['2001:db8:0:1:2:3:4:5', '2001:db8:0:1::/64'],
    ['2001:0DB8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5::', '1:2:3:4::/64'],
    ['unknown', 'unknown'],
  ];
  for (const [address, key] of cases) test(`${address} is ${key}`, () => assert.equal(networkKey(address), key));
});
