/** What counts as one client. */

const COLON = 0x3a;
const DOT = 0x2e;
const PERCENT = 0x25;

/** Overwritten by each address. */
const groups = new Uint16Array(10);

/**
 * An IPv4 address as it is; of an IPv6 address its /64 network, within which one customer of a provider has all the
 * addresses that it likes (RFC 6177 §2): `2001:DB8:0:1::5` becomes `2001:db8:0:1`. Only for addresses that are valid.
 * Once for each request: with the strings of `split` it took ten times as long.
 */
export function addressKey(address: string): string {
  if (!address.includes(':')) return address;
  let count = 0;
  let gap = -1;
  let value = 0;
  let inGroup = false;
  for (let i = 0; i < address.length; i++) {
    const code = address.charCodeAt(i);
    if (code === PERCENT) break;
    if (code === DOT) {
      // The end is an IPv4 address, in the place of two groups.
      count++;
      break;
    }
    if (code !== COLON) {
      // Of a digit, and of a letter in whichever case.
      value = value * 16 + (code < COLON ? code - 0x30 : (code | 0x20) - 0x57);
      inGroup = true;
    } else if (inGroup) {
      groups[count++] = value;
      value = 0;
      inGroup = false;
    } else if (i > 0) gap = count;
  }
  if (inGroup) groups[count++] = value;
  const missing = 8 - count;
  const of = (index: number): string => {
    if (gap === -1 || index < gap) return (groups[index] ?? 0).toString(16);
    return index < gap + missing ? '0' : (groups[index - missing] ?? 0).toString(16);
  };
  return `${of(0)}:${of(1)}:${of(2)}:${of(3)}`;
}
