/**
 * Paths that all who read them read alike. Where something hangs on a path, one is refused that is not plain, and a
 * plain one is forwarded byte by byte: what was decided on is what a node sees, however it decodes and tidies up paths.
 * To rewrite the others would be to guess which of a node's readings is the right one (CVE-2020-5902: `..;/`,
 * CVE-2021-28164 and CVE-2021-41773: `%2e`, CVE-2021-29492: `%2f` and `%5c`, CVE-2021-42013: encoded twice; Orange
 * Tsai, "Breaking Parser Logic", 2018).
 *
 * Not plain is a path with
 * - an empty segment (`//`), but for one slash at the end;
 * - a segment that ends with a dot, and so `.` and `..`, or with an encoded blank: some file systems drop these;
 * - `\`, which is a slash to some, and `;`, from which on some drop the segment;
 * - percent-encoding of what needs none (letters, digits, `-._~`, RFC 3986 §2.3), of what delimits (`/ \ ; ? # %`,
 *   whence nothing is left to be decoded twice), or of a control character such as NUL;
 * - a `%` without two hexadecimal digits, or encoded bytes that are not UTF-8, as over-long forms are not;
 * - encoded characters that Unicode holds to be a variant of others (NFKC): `／` of `/`, `ſ` of `s`.
 */
import { BACKSLASH, SEMICOLON, SLASH } from './grammar.ts';

const DOT = 0x2e;
const PERCENT = 0x25;
const NEEDLESS_OR_TELLING = /%(?:[01][\da-f]|2[35def]|3[\dbf]|[46][1-9a-f]|[57][\da]|5[cf]|7[ef]|20(?:\/|$))/i;

/** `text` up to `end`: the path of an origin-form target whose characters are all visible ASCII. */
export function isPlainPath(text: string, end: number): boolean {
  if (text.charCodeAt(0) !== SLASH) return false;
  let encoded = false;
  let before = 0;
  for (let i = 0; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === SLASH && (before === SLASH || before === DOT)) return false;
    if (code === BACKSLASH || code === SEMICOLON) return false;
    if (code === PERCENT) encoded = true;
    before = code;
  }
  return before !== DOT && (!encoded || isPlainlyEncoded(text.slice(0, end)));
}

function isPlainlyEncoded(path: string): boolean {
  if (NEEDLESS_OR_TELLING.test(path)) return false;
  try {
    const decoded = decodeURIComponent(path);
    return decoded.normalize('NFKC') === decoded;
  } catch {
    return false;
  }
}
