/** What may be written where the configuration asks for a host or a network. Nothing here resolves a name. */
import { isIP, isIPv4 } from 'node:net';

const LABEL = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/**
 * An IP address (without brackets) or a host name: dot-separated labels of 1 to 63 letters, digits, `_` and inner `-`,
 * 253 characters in all (RFC 1123 §2.1, and `_` as container networks use it). A name whose last label is a number is
 * a mistyped IPv4 address and no host.
 */
export function isHost(text: string): boolean {
  if (isIP(text) !== 0) return true;
  if (text.length > 253) return false;
  const labels = text.split('.');
  return labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '');
}

/** An IP address, or a network in CIDR notation: `10.0.0.0/8`, `2001:db8::/32`. No zone (`%eth0`). */
export function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = address.includes('%') ? 0 : isIP(address);
  if (family === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  return /^(?:0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128);
}

/**
 * Whether one of two sockets bound to these hosts on the same port would fail with EADDRINUSE. `0.0.0.0` takes the port
 * of every IPv4 address, `::` (dual-stack by default) that of every address.
 */
export function bindsCollide(one: string, other: string): boolean {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  if (a === b) return true;
  return covers(a, b) || covers(b, a);
}

function covers(wildcard: string, host: string): boolean {
  if (!WILDCARDS.has(wildcard)) return false;
  return wildcard === '::' || isIPv4(host) || isIP(host) === 0;
}
