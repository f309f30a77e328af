/**
 * Character classes of RFC 9110 §5.6 and RFC 9112, over heads decoded as latin1 (one char per byte, 0–255).
 * One table look-up a byte instead of regular expressions: heads are scanned on the hot path.
 */

export const TOKEN = 1;
/** field-vchar, SP and HTAB: what may stand in a field value. obs-text (0x80–0xff) is passed as it is. */
export const VALUE = 2;
/** What a request target may hold: visible ASCII without `#`, which would start a fragment (RFC 9112 §3.2). */
export const TARGET = 4;
/** uri-host without the comma, which would make a list of two hosts. */
export const HOST = 8;
export const DIGIT = 16;
export const HEX = 32;

const CLASSES = new Uint8Array(256);

function mark(characters: string, mask: number): void {
  for (let i = 0; i < characters.length; i++) {
    const code = characters.charCodeAt(i);
    CLASSES[code] = (CLASSES[code] ?? 0) | mask;
  }
}

const DIGITS = '0123456789';
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
mark(`!#$%&'*+-.^_\`|~${DIGITS}${LETTERS}`, TOKEN);
mark(`-._~!$&'()*+;=%:[]${DIGITS}${LETTERS}`, HOST);
mark(DIGITS, DIGIT | HEX);
mark('ABCDEFabcdef', HEX);
mark('\t ', VALUE);
for (let code = 0x21; code <= 0xff; code++) {
  if (code === 0x7f) continue;
  mark(String.fromCharCode(code), VALUE);
  if (code < 0x7f && code !== 0x23) mark(String.fromCharCode(code), TARGET);
}

export const SP = 0x20;
export const HTAB = 0x09;
export const CR = 0x0d;
export const LF = 0x0a;
export const COLON = 0x3a;
export const COMMA = 0x2c;
export const SEMICOLON = 0x3b;
export const SLASH = 0x2f;
export const EQUALS = 0x3d;
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;

/** True when the latin1 char code (or byte) belongs to one of the classes in `mask`. NaN, past the end, to none. */
export function is(code: number, mask: number): boolean {
  return ((CLASSES[code] as number) & mask) !== 0;
}

/** Compares `text[start, start + lower.length)` with a lower-case ASCII name; the caller has compared the lengths. */
export function matches(text: string, start: number, lower: string): boolean {
  for (let i = 0; i < lower.length; i++) {
    if ((text.charCodeAt(start + i) | 0x20) !== lower.charCodeAt(i)) return false;
  }
  return true;
}

/** `1*DIGIT` (RFC 9110 §8.6) of at most 15 digits, so that it stays exact; -1 for anything else. */
export function parseLength(text: string, start: number, end: number): number {
  if (end === start || end - start > 15) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (!is(code, DIGIT)) return -1;
    value = value * 10 + (code - 0x30);
  }
  return value;
}

/** A Host value (RFC 9110 §7.2): a name, an IPv4 address or a bracketed IPv6 address, and an optional port. */
export function isHost(text: string): boolean {
  if (text.length === 0 || text.length > 255) return false;
  const bracketed = text.charCodeAt(0) === 0x5b;
  const closing = text.indexOf(']');
  if (bracketed ? closing < 3 : closing !== -1 || text.includes('[')) return false;
  const colon = text.indexOf(':', bracketed ? closing : 0);
  const nameEnd = colon === -1 ? text.length : colon;
  if (nameEnd === 0 || (bracketed && nameEnd !== closing + 1)) return false;
  for (let i = 0; i < nameEnd; i++) {
    const code = text.charCodeAt(i);
    if (!is(code, HOST)) return false;
    if (bracketed && i > 0 && i < closing && !is(code, HEX) && code !== COLON && code !== 0x2e) return false;
  }
  if (text.length - nameEnd > 6) return false;
  for (let i = nameEnd + 1; i < text.length; i++) {
    if (!is(text.charCodeAt(i), DIGIT)) return false;
  }
  return true;
}
