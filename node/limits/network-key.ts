/** What counts as one asker. */
import { isIPv6 } from 'node:net';

/**
 * An IPv4 address as it is; of an IPv6 address the /64 network, which is what one customer of a provider has: within it
 * an asker changes addresses at will (RFC 6177 §2).
 * @returns for `2001:db8:0:1::5` the key `2001:db8:0:1::/64`
 */
export function networkKey(address: string): string {
  if (!isIPv6(address)) return address;
  const [withoutZone = ''] = address.split('%');
  const [head = '', tail] = withoutZone.split('::');
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  // An embedded IPv4 address stands for two groups.
  const length = before.length + after.length + (withoutZone.includes('.') ? 1 : 0);
  const all = [...before, ...Array.from({ length: Math.max(0, 8 - length) }, () => '0'), ...after];
  const network = all.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}

function groups(text: string): string[] {
  return text === '' ? [] : text.split(':');
}
