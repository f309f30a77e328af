import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bindsCollide, isHost, isNetwork } from './addresses.ts';

test('a host is a name or an IP address', () => {
  for (const good of [
    'localhost',
    'node-1.example.com',
    '127.0.0.1',
    '::1',
    '::',
    'a_b',
    '0.0.0.0',
    '1a.b1',
    'x'.repeat(63),
  ]) {
    assert.ok(isHost(good), good);
  }
  const bad = [
    '',
    '.',
    'a.',
    'a..b',
    '-a',
    'a-',
    'a b',
    '[::1]',
    '999.1.1.1',
    '1.2.3',
    'a:80',
    'a/b',
    'ä',
    'x'.repeat(64),
    `${'a.'.repeat(127)}a`,
  ];
  for (const text of bad) assert.ok(!isHost(text), text);
});

test('a network is an address with a prefix of its family', () => {
  const good = [
    '10.0.0.0/8',
    '10.1.2.3',
    '0.0.0.0/0',
    '1.2.3.4/32',
    '::/0',
    '2001:db8::/32',
    '::1',
    '::1/128',
    '::ffff:1.2.3.4',
  ];
  for (const text of good) assert.ok(isNetwork(text), text);
  const bad = [
    '',
    '/',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    '10.0.0/8',
    '::/129',
    '::1%eth0',
    'localhost',
    '10.0.0.0/8 ',
    '010.0.0.0/8',
    '[::1]',
  ];
  for (const text of bad) assert.ok(!isNetwork(text), text);
  fc.assert(fc.property(fc.ipV4(), fc.nat(40), (ip, prefix) => isNetwork(`${ip}/${prefix}`) === prefix <= 32));
  fc.assert(fc.property(fc.ipV6(), fc.nat(140), (ip, prefix) => isNetwork(`${ip}/${prefix}`) === prefix <= 128));
});

test('a wildcard takes the port of every address of its family', () => {
  const cases: [string, string, boolean][] = [
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '127.0.0.2', false],
    ['0.0.0.0', '127.0.0.1', true],
    ['0.0.0.0', 'localhost', true],
    ['0.0.0.0', '::1', false],
    ['::', '127.0.0.1', true],
    ['::', '::1', true],
    ['::', '0.0.0.0', true],
    ['A.example', 'a.example', true],
  ];
  for (const [one, other, expected] of cases) {
    assert.equal(bindsCollide(one, other), expected, `${one} ${other}`);
    assert.equal(bindsCollide(other, one), expected, `${other} ${one}`);
  }
});
