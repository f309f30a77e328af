import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressKey } from './address-key.ts';

test('an IPv4 address is its own key, and what is no address as well', () => {
  for (const address of ['192.0.2.1', '', 'unknown']) assert.equal(addressKey(address), address);
});

for (const [address, key] of [
  ['2001:db8:0:1::5', '2001:db8:0:1'],
  ['2001:0DB8:0000:0001:ffff:ffff:ffff:ffff', '2001:db8:0:1'],
  ['2001:db8::', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['::', '0:0:0:0'],
  ['1:2:3::4:5:6:7', '1:2:3:0'],
  ['::4:5:6:7:8', '0:0:0:4'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0'],
  ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
] as const) {
  test(`${address} is of ${key}::/64`, () => assert.equal(addressKey(address), key));
}

test('two IPv6 addresses have one key if and only if they are of one /64', () => {
  const address = fc.ipV6();
  fc.assert(
    fc.property(address, fc.oneof(address, address.map(sibling)), (one, other) => {
      const network = new BlockList();
      network.addSubnet(one, 64, 'ipv6');
      assert.equal(addressKey(one) === addressKey(other), network.check(other, 'ipv6'));
    }),
  );
});

/** Of the networks that arbitrary addresses meet in by chance: those with nothing but zeros in front. */
function sibling(address: string): string {
  return address.startsWith('::') ? '::7' : address;
}
