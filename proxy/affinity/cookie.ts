/** The stickiness cookie: a wish for a node by name. */
import type { NodeSnapshot } from '../pool/view.ts';
import type { CookieSignature } from './cookie-signature.ts';

const TAB = 0x09;
const SPACE = 0x20;
const DQUOTE = 0x22;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;

/**
 * The node that the cookie `name` names, `unknown` when it names none that is configured, undefined when the header has
 * no such cookie. Of several cookies of that name (one per Path, say) the first that names a configured node counts.
 *
 * The value may stand in double quotes (RFC 6265 §4.1.1) and is not percent-decoded: it is compared with the configured
 * names and used for nothing else. Where cookies are signed, one that is not as it should be is none.
 */
export function nodeOfCookie(
  header: string,
  name: string,
  byName: ReadonlyMap<string, NodeSnapshot>,
  signature?: CookieSignature,
): NodeSnapshot | 'unknown' | undefined {
  let found: 'unknown' | undefined;
  for (let at = cookieAt(header, name, 0); at !== -1; at = cookieAt(header, name, at)) {
    const value = cookieValue(header, at);
    const believed = signature === undefined ? value : signature.believed(value);
    if (believed === undefined) {
      signature?.ignored(value);
      continue;
    }
    const node = byName.get(believed);
    if (node !== undefined) return node;
    found = 'unknown';
  }
  return found;
}

/** Where the value of the next cookie `name` begins, at or after `from`; -1 for none. */
export function cookieAt(header: string, name: string, from: number): number {
  for (let at = header.indexOf(name, from); at !== -1; at = header.indexOf(name, at + 1)) {
    const equals = at + name.length;
    if (header.charCodeAt(equals) === EQUALS && beginsCookie(header, at)) return equals + 1;
  }
  return -1;
}

/** The value that begins at `start`, up to the next semicolon, without the blanks and quotes around it. */
export function cookieValue(header: string, start: number): string {
  const semicolon = header.indexOf(';', start);
  let from = start;
  let to = semicolon === -1 ? header.length : semicolon;
  while (to > from && isBlank(header.charCodeAt(to - 1))) to--;
  if (to - from >= 2 && header.charCodeAt(from) === DQUOTE && header.charCodeAt(to - 1) === DQUOTE) {
    from++;
    to--;
  }
  return header.substring(from, to);
}

function beginsCookie(header: string, at: number): boolean {
  let before = at - 1;
  while (before >= 0 && isBlank(header.charCodeAt(before))) before--;
  return before < 0 || header.charCodeAt(before) === SEMICOLON;
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
