/** The address of a name server: an IP address, with or without a port. A name would have to be resolved first. */
import { isIP, isIPv6 } from 'node:net';
import { z } from 'zod';

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

const DNS_PORT = 53;

/** `10.0.0.10`, `10.0.0.10:5353`, `fd00::a`, `[fd00::a]:5353`; undefined for anything else. */
export function parseServerAddress(text: string): ServerAddress | undefined {
  if (isIP(text) !== 0) return { host: text, port: DNS_PORT };
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+)):([1-9][0-9]{0,4})$/.exec(text);
  if (match === null) return undefined;
  const [, ipv6, ipv4 = '', digits] = match;
  const port = Number(digits);
  if (port > 65_535) return undefined;
  if (ipv6 !== undefined) return isIPv6(ipv6) ? { host: ipv6, port } : undefined;
  return isIP(ipv4) === 4 ? { host: ipv4, port } : undefined;
}

const EXPECTED = 'expected an IP address such as 10.0.0.10, with a port as 10.0.0.10:5353 or [fd00::a]:5353';

export const nameServer = z.string(EXPECTED).refine((text) => parseServerAddress(text) !== undefined, EXPECTED);
