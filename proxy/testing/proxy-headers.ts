/** PROXY headers as senders write them, by the specification and not by the reader's code. */
import { isIPv4 } from 'node:net';

/** Of the proxy's own side. */
const DESTINATION = { 4: '192.0.2.99', 6: '2001:db8::99', port: 443 };

export function proxyV1(source: string, port = 1234): string {
  const family = isIPv4(source) ? 4 : 6;
  return `PROXY TCP${family} ${source} ${DESTINATION[family]} ${port} ${DESTINATION.port}\r\n`;
}

export interface V2Parts {
  /** 1: PROXY, 0: LOCAL. */
  readonly command?: number;
  readonly version?: number;
  /** Address family and transport. */
  readonly transport?: number;
  readonly addresses?: Buffer;
  readonly tlvs?: Buffer;
}

export function v2Header({
  command = 1,
  version = 2,
  transport = 0,
  addresses = Buffer.alloc(0),
  tlvs = Buffer.alloc(0),
}: V2Parts): Buffer {
  const fixed = Buffer.alloc(16);
  fixed.write('\r\n\r\n\0\r\nQUIT\n', 'latin1');
  fixed[12] = (version << 4) | command;
  fixed[13] = transport;
  fixed.writeUInt16BE(addresses.length + tlvs.length, 14);
  return Buffer.concat([fixed, addresses, tlvs]);
}

/** `source`: an IPv4 address, or all eight groups of an IPv6 address. */
export function proxyV2(source: string, tlvs?: Buffer): Buffer {
  const addresses = isIPv4(source)
    ? Buffer.from([...source.split('.').map(Number), 192, 0, 2, 99, 0x04, 0xd2, 0x01, 0xbb])
    : Buffer.concat([
        ...source.split(':').map((group) => Buffer.from(group.padStart(4, '0'), 'hex')),
        Buffer.alloc(16),
        Buffer.from([0x04, 0xd2, 0x01, 0xbb]),
      ]);
  return v2Header({ transport: isIPv4(source) ? 0x11 : 0x21, addresses, ...(tlvs && { tlvs }) });
}
