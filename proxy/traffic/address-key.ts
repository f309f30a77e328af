/** What counts as one client. */
import { isIPv6 } from 'node:net';

/**
 * An IPv4 address as it is; of an IPv6 address its /64 network, within which one customer of a provider has all the
 * addresses that it likes (RFC 6177 §2): `2001:db8:0:1::5` becomes `2001:db8:0:1`.
 */
export function addressKey(address: string): string {
  if (!isIPv6(address)) return address;
  const zone = address.indexOf('%');
  const [head = '', tail] = (zone === -1 ? address : address.slice(0, zone)).split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? 0 : tail.split(':').length + (tail.includes('.') ? 1 : 0);
    for (let missing = 8 - groups.length - after; missing > 0; missing--) groups.push('0');
    if (groups.length < 4) groups.push(...tail.split(':'));
  }
  const [a = '', b = '', c = '', d = ''] = groups;
  return `${canonical(a)}:${canonical(b)}:${canonical(c)}:${canonical(d)}`;
}

/** Without leading zeros and letter case. */
function canonical(group: string): string {
  return Number.parseInt(group, 16).toString(16);
}
