/** What paths below the web application's base a line of the configuration stands for. */

const SLASH = 0x2f;
const ID = '{id}';
const BELOW = '/**';

export interface PathPattern {
  /** Undefined stands for `{id}`: any one segment that is not empty. */
  readonly segments: readonly (string | undefined)[];
  /** With all that is below. */
  readonly below: boolean;
}

/** Of `/rest/live/sessions/{id}`, `/cometd/**`, `/**`. */
export function compilePattern(path: string): PathPattern {
  const below = path.endsWith(BELOW);
  const names = (below ? path.slice(0, -BELOW.length) : path).split('/').slice(1);
  return { segments: names.map((name) => (name === ID ? undefined : name)), below };
}

/**
 * Whether `text` from `start` to `end` (`''` or with a leading slash, without query) is one of them: what stands for
 * the first `{id}`, `''` when there is none; undefined when it is not.
 */
export function matchPattern(
  { segments, below }: PathPattern,
  text: string,
  start: number,
  end: number,
): string | undefined {
  let at = start;
  let tokenStart = -1;
  let tokenEnd = -1;
  for (const segment of segments) {
    if (at >= end || text.charCodeAt(at) !== SLASH) return undefined;
    at++;
    if (segment === undefined) {
      let stop = text.indexOf('/', at);
      if (stop === -1 || stop > end) stop = end;
      if (stop === at) return undefined;
      if (tokenStart === -1) {
        tokenStart = at;
        tokenEnd = stop;
      }
      at = stop;
    } else {
      if (!text.startsWith(segment, at)) return undefined;
      at += segment.length;
    }
  }
  // At a segment's end or not at all: `/cometd/**` takes `/cometd` and `/cometd/x`, not `/cometdx`.
  if (at !== end && !(below && at < end && text.charCodeAt(at) === SLASH)) return undefined;
  return tokenStart === -1 ? '' : text.substring(tokenStart, tokenEnd);
}
