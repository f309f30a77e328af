/** Who is on the other side of a client's connection, and what to believe of what it says of others. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

const MAPPED_IPV4 = '::ffff:';

/** An IPv4 client of a dual-stack listener is named by its IPv4 address. */
export function plainAddress(address: string): string {
  return address.startsWith(MAPPED_IPV4) && address.includes('.') ? address.slice(MAPPED_IPV4.length) : address;
}

export class Peers {
  readonly #networks: BlockList | undefined;

  /** `trustedProxies`: IP addresses and CIDR networks. */
  constructor(trustedProxies: readonly string[]) {
    if (trustedProxies.length === 0) return;
    this.#networks = new BlockList();
    for (const network of trustedProxies) {
      const [address = '', prefix] = network.split('/');
      const family = isIPv4(address) ? 'ipv4' : 'ipv6';
      if (prefix === undefined) this.#networks.addAddress(address, family);
      else this.#networks.addSubnet(address, Number(prefix), family);
    }
  }

  normalize(address: string): string {
    return plainAddress(address);
  }

  isTrusted(address: string): boolean {
    if (this.#networks === undefined) return false;
    if (isIPv4(address)) return this.#networks.check(address, 'ipv4');
    return isIPv6(address) && this.#networks.check(address, 'ipv6');
  }

  /** The client behind trusted proxies: the last address in X-Forwarded-For that is not one of theirs. */
  clientAddress(peer: string, forwardedFor: string): string {
    if (forwardedFor === '' || !this.isTrusted(peer)) return peer;
    const hops = forwardedFor.split(',');
    let client = peer;
    for (let i = hops.length - 1; i >= 0; i--) {
      const hop = this.normalize((hops[i] ?? '').trim());
      if (!isIPv4(hop) && !isIPv6(hop)) break;
      client = hop;
      if (!this.isTrusted(hop)) break;
    }
    return client;
  }
}
