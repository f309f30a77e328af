import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clientAddress, LOOPBACK, TrustedProxies } from './client-address.ts';

const trusted = new TrustedProxies([...LOOPBACK, '10.0.0.0/8', '2001:db8:ffff::/48']);

describe('the address held responsible', () => {
  const cases: readonly [peer: string | undefined, forwardedFor: string | undefined, expected: string | undefined][] = [
    ['203.0.113.9', undefined, '203.0.113.9'],
    ['203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['::ffff:203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['127.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['::1', '198.51.100.1', '198.51.100.1'],
    ['::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['2001:db8:ffff::5', '2001:db8::7', '2001:db8::7'],
    ['10.1.2.3', '1.1.1.1, 198.51.100.1 , 10.9.9.9', '198.51.100.1'],
    ['10.1.2.3', '10.9.9.8, 10.9.9.9', '10.9.9.8'],
    ['10.1.2.3', '198.51.100.1, garbage', '10.1.2.3'],
    ['10.1.2.3', 'garbage, 10.9.9.9', '10.9.9.9'],
    ['10.1.2.3', '', '10.1.2.3'],
    ['10.1.2.3', undefined, undefined],
    [undefined, '198.51.100.1', 'unknown'],
  ];
  for (const [peer, forwardedFor, expected] of cases) {
    test(`of peer ${peer} with X-Forwarded-For ${JSON.stringify(forwardedFor)} is ${expected}`, () =>
      assert.equal(clientAddress({ peer, forwardedFor }, trusted), expected));
  }

  test('is read from several headers as from one', () =>
    assert.equal(clientAddress({ peer: '10.1.2.3', forwardedFor: ['1.1.1.1', '2.2.2.2'] }, trusted), '2.2.2.2'));
});
