/** Who asks: the address behind the proxies that are believed. */
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

/**
 * What is read of a request; an `IncomingMessage` gives it as `{ peer: request.socket.remoteAddress, forwardedFor:
 * request.headers['x-forwarded-for'] }`.
 */
export interface AddressFacts {
  /** Address of the other end of the connection; undefined once it has closed. */
  readonly peer: string | undefined;
  /** The X-Forwarded-For header. */
  readonly forwardedFor: string | readonly string[] | undefined;
}

/** Proxies whose X-Forwarded-For is believed. */
export class TrustedProxies {
  readonly #networks = new BlockList();

  /** @param networks IP addresses and CIDR networks, valid ones: `10.0.0.0/8`, `::1` */
  constructor(networks: readonly string[]) {
    for (const network of networks) {
      const [address = '', prefix] = network.split('/');
      const family = isIPv4(address) ? 'ipv4' : 'ipv6';
      if (prefix === undefined) this.#networks.addAddress(address, family);
      else this.#networks.addSubnet(address, Number(prefix), family);
    }
  }

  has(address: string): boolean {
    if (isIPv4(address)) return this.#networks.check(address, 'ipv4');
    return isIPv6(address) && this.#networks.check(address, 'ipv6');
  }
}

/** A balancer on the same machine, as `npm start` runs it. */
export const LOOPBACK: readonly string[] = ['127.0.0.0/8', '::1'];

/**
 * The address to hold responsible for a request: the peer's, or, when that is a trusted proxy, the last address in its
 * X-Forwarded-For that is not one. Everything left of that was said by the client and is not believed.
 * @returns undefined for what a trusted proxy asks on its own account, without that header: it looks up owners on
 * behalf of many. `'unknown'` when a connection has closed already.
 */
export function clientAddress({ peer, forwardedFor }: AddressFacts, trusted: TrustedProxies): string | undefined {
  if (peer === undefined) return 'unknown';
  const address = normalizeAddress(peer);
  if (!trusted.has(address)) return address;
  if (forwardedFor === undefined) return undefined;
  const hops = (typeof forwardedFor === 'string' ? forwardedFor : forwardedFor.join(',')).split(',');
  let client = address;
  for (const hop of hops.reverse()) {
    const next = normalizeAddress(hop.trim());
    if (isIP(next) === 0) break;
    client = next;
    if (!trusted.has(next)) break;
  }
  return client;
}

/** An IPv4 client of a dual-stack listener is named by its IPv4 address. */
function normalizeAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  return mapped?.[1] ?? address;
}
