import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { proxyV1, proxyV2, v2Header } from '../testing/proxy-headers.ts';
import { type ProxyHeader, readProxyHeader } from './proxy-header.ts';

const GET = 'GET / HTTP/1.1\r\n\r\n';
const INCOMPLETE = { state: 'incomplete' };
const MALFORMED = { state: 'malformed' };

function read(bytes: string | Buffer): ProxyHeader {
  return readProxyHeader(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
}

const LONGEST = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
const VALID: [name: string, bytes: string | Buffer, source: string][] = [
  ['v1 of IPv4', proxyV1('192.0.2.1'), '192.0.2.1'],
  ['v1 of IPv6', proxyV1('2001:DB8:0::1'), '2001:db8::1'],
  ['v1 of an IPv4 address in IPv6', proxyV1('::ffff:192.0.2.1'), '::ffff:192.0.2.1'],
  ['v1 with the longest addresses and ports', `PROXY TCP6 ${LONGEST} ${LONGEST} 65535 65535\r\n`, LONGEST],
  ['v1 with ports of 0', 'PROXY TCP4 192.0.2.1 192.0.2.2 0 0\r\n', '192.0.2.1'],
  ['v1 of an unknown client', 'PROXY UNKNOWN\r\n', ''],
  ['v1 of an unknown client with more', 'PROXY UNKNOWN ffff::1 what ever\r\n', ''],
  ['v1 of 107 bytes', `PROXY UNKNOWN ${'x'.repeat(107 - 16)}\r\n`, ''],
  ['v2 of IPv4', proxyV2('192.0.2.1'), '192.0.2.1'],
  ['v2 of IPv6', proxyV2('2001:db8:0:0:0:0:0:1'), '2001:db8::1'],
  ['v2 with TLVs', proxyV2('192.0.2.1', Buffer.from([1, 0, 2, 0x68, 0x32, 4, 0, 1, 0])), '192.0.2.1'],
  ['v2 of an unknown client', v2Header({}), ''],
  ['v2 of an unknown client with TLVs', v2Header({ tlvs: Buffer.alloc(9) }), ''],
  ['v2 of a UNIX socket', v2Header({ transport: 0x31, addresses: Buffer.alloc(216) }), ''],
  ['v2 of the proxy itself', v2Header({ command: 0 }), ''],
  ['v2 of the proxy itself with addresses', v2Header({ command: 0, transport: 0x11, tlvs: Buffer.alloc(12) }), ''],
  ['v2 of the proxy itself with anything', v2Header({ command: 0, transport: 0xff, tlvs: Buffer.alloc(3) }), ''],
  ['v2 of 4 KiB', v2Header({ tlvs: Buffer.alloc(4096) }), ''],
];

describe('a PROXY header', () => {
  for (const [name, bytes, source] of VALID) {
    it(`${name} is read`, () => {
      const header = Buffer.from(bytes as string, 'latin1');
      const expected = { state: 'complete', length: header.length, source };
      assert.deepEqual(read(header), expected);
      assert.deepEqual(read(Buffer.concat([header, Buffer.from(GET)])), expected);
      for (let length = 0; length < header.length; length++) {
        assert.deepEqual(read(header.subarray(0, length)), INCOMPLETE, `of ${length} bytes`);
      }
    });
  }

  for (const [name, bytes] of [
    ['that is a request', 'G'],
    ['that is a TLS handshake', '\x16\x03\x01'],
    ['that is a PRI preface', 'PRI * HTTP/2.0\r\n'],
    ['in lower case', 'proxy '],
    ['without a blank', 'PROXY\r\n'],
    ['v1 of UDP', 'PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n'],
    ['v1 of nothing', 'PROXY \r\n'],
    ['v1 with the wrong family', 'PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n'],
    ['v1 with two families', 'PROXY TCP4 192.0.2.1 2001:db8::2 1 2\r\n'],
    ['v1 with leading zeros', 'PROXY TCP4 192.0.02.1 192.0.2.2 1 2\r\n'],
    ['v1 with a zone', 'PROXY TCP6 fe80::1%eth0 fe80::2 1 2\r\n'],
    ['v1 with a name', 'PROXY TCP4 localhost 192.0.2.2 1 2\r\n'],
    ['v1 without ports', 'PROXY TCP4 192.0.2.1 192.0.2.2\r\n'],
    ['v1 with one port', 'PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n'],
    ['v1 with three ports', 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n'],
    ['v1 with a port too high', 'PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n'],
    ['v1 with a port of leading zeros', 'PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n'],
    ['v1 with a sign', 'PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n'],
    ['v1 with two blanks', 'PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n'],
    ['v1 with a blank at the end', 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n'],
    ['v1 with a tab', 'PROXY TCP4\t192.0.2.1'],
    ['v1 with a bare LF', 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n'],
    ['v1 with a bare CR', 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\rX'],
    ['v1 with a NUL', 'PROXY TCP4 192.0.2.1\0'],
    ['v1 with bytes that are not ASCII', 'PROXY UNKNOWN \xff'],
    ['v1 of 108 bytes', `PROXY UNKNOWN ${'x'.repeat(108 - 16)}\r\n`],
    ['v1 that does not end', `PROXY UNKNOWN ${'x'.repeat(107 - 14)}`],
    ['v2 with a broken signature', '\r\n\r\n\0\r\nQUIT\r'],
    ['of a later version', v2Header({ version: 3 }).subarray(0, 13)],
    ['of version 1 in binary', v2Header({ version: 1 })],
    ['v2 with another command', v2Header({ command: 2 }).subarray(0, 13)],
    ['v2 of UDP', v2Header({ transport: 0x12, addresses: Buffer.alloc(12) }).subarray(0, 14)],
    ['v2 of a transport that nobody knows', v2Header({ transport: 0x41 })],
    ['v2 of a family without transport', v2Header({ transport: 0x10, addresses: Buffer.alloc(12) })],
    ['v2 of IPv4 without room for it', v2Header({ transport: 0x11, addresses: Buffer.alloc(11) })],
    ['v2 of IPv6 without room for it', v2Header({ transport: 0x21, addresses: Buffer.alloc(35) })],
    ['v2 of a UNIX socket without room for it', v2Header({ transport: 0x31, addresses: Buffer.alloc(215) })],
    ['v2 above 4 KiB', v2Header({ tlvs: Buffer.alloc(4097) }).subarray(0, 16)],
  ] as const) {
    it(`${name} is malformed`, () => assert.deepEqual(read(bytes), MALFORMED));
  }

  const address = fc.oneof(
    fc.ipV4(),
    fc
      .array(fc.nat(0xffff), { minLength: 8, maxLength: 8 })
      .map((groups) => groups.map((group) => group.toString(16)).join(':')),
  );

  it('says the same of a client in both versions, whatever comes behind it', () => {
    fc.assert(
      fc.property(address, fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 20 }), (source, tlvs, rest) => {
        const one = read(Buffer.concat([Buffer.from(proxyV1(source)), rest]));
        const two = read(Buffer.concat([proxyV2(source, Buffer.from(tlvs)), rest]));
        assert.ok(one.state === 'complete' && two.state === 'complete');
        assert.equal(one.source, two.source);
        assert.equal(one.length, proxyV1(source).length);
        assert.equal(two.length, proxyV2(source).length + tlvs.length);
      }),
    );
  });

  it('that is mangled is never read beyond its bound, and what is told of a part holds for the whole', () => {
    const header = fc.oneof(
      address.map((source) => Buffer.from(proxyV1(source))),
      address.map((source) => proxyV2(source)),
      fc.constantFrom(...VALID.map(([, bytes]) => Buffer.from(bytes as string, 'latin1'))),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    );
    const edits = fc.array(fc.tuple(fc.nat(60), fc.nat(255), fc.constantFrom('set', 'insert', 'cut')), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(header, edits, (original, changes) => {
        const bytes = [...original];
        for (const [at, byte, how] of changes)
          bytes.splice(at, how === 'insert' ? 0 : 1, ...(how === 'cut' ? [] : [byte]));
        const mangled = Buffer.from(bytes);
        const whole = read(mangled);
        if (whole.state === 'complete') assert.ok(whole.length <= mangled.length && whole.length <= 16 + 4096);
        if (whole.state === 'incomplete') assert.ok(mangled.length < 16 + 4096);
        const step = Math.max(1, Math.floor(mangled.length / 40));
        for (let length = 0; length < mangled.length; length += step) {
          const part = read(mangled.subarray(0, length));
          if (part.state !== 'incomplete') assert.deepEqual(part, whole);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
