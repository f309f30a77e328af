/** Session tokens come from whoever sends them: this is the shape of those worth asking the nodes about. */

const LONGEST = 128;

/**
 * 1 to 128 letters, digits, dots, underscores or dashes: safe in a path as they are. `.` and `..` would be no segment.
 */
export function isTokenShaped(token: string): boolean {
  if (token === '' || token.length > LONGEST || token === '.' || token === '..') return false;
  for (let i = 0; i < token.length; i++) {
    const code = token.charCodeAt(i);
    const lower = code | 0x20;
    const isLetter = lower >= 0x61 && lower <= 0x7a;
    // From the dash to the 9, but for the slash.
    if (!isLetter && (code < 0x2d || code > 0x39 || code === 0x2f) && code !== 0x5f) return false;
  }
  return true;
}
