/** Paths below a prefix, on segment boundaries. */

const SLASH = 0x2f;

/** Where the path of an origin-form target ends: at its query or at its end. */
export function pathEndOf(target: string): number {
  const query = target.indexOf('?');
  return query === -1 ? target.length : query;
}

/**
 * Where `prefix` (`''` or `/a/b`) ends in a target whose path is below it; -1 when it is not. `/n1` has `/n1` and
 * `/n1/x` below it, `/n10` not.
 */
export function prefixEnd(prefix: string, target: string, pathEnd: number): number {
  const { length } = prefix;
  if (length === 0) return target.charCodeAt(0) === SLASH ? 0 : -1;
  if (!target.startsWith(prefix)) return -1;
  return length === pathEnd || target.charCodeAt(length) === SLASH ? length : -1;
}
