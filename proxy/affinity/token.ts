/** Session tokens come from whoever sends them: this is the shape of those worth asking the nodes about. */

const LONGEST = 128;

/** 1 to 128 letters, digits, dots, underscores or dashes: safe in a path as they are. `.` and `..` would be no segment. */
export function isTokenShaped(token: string): boolean {
  return token.length <= LONGEST && /^[A-Za-z0-9._-]+$/.test(token) && token !== '.' && token !== '..';
}
