/**
 * Tokens in paths that no route has found them in: of a request that was refused or redirected before it was routed, of
 * a preflight (OPTIONS), of a path that is longer than its route. Masked is what stands where a route has its `{id}`,
 * after the same word, and whatever has nine digits in a row, as the tokens of sessions are.
 */
import type { RouteConfig } from '../../config/proxy-schema.ts';

export const MASK = '{id}';

const DIGITS = /\d{9}/;
const ENCODED = /%([0-9A-Fa-f]{2})/g;

export class PathMask {
  /** As they stand before a token: `/sessions/`. */
  readonly #before: readonly string[];

  constructor(routes: readonly Pick<RouteConfig, 'path'>[]) {
    const found = routes.flatMap(({ path }) => Array.from(path.matchAll(/\/[^/{}]+\/(?=\{id\})/g), ([text]) => text));
    this.#before = [...new Set(found)];
  }

  /** `path`: without a query, or with its `?`. */
  mask(path: string): string {
    // Better no path in the log than a token that is spelled in another way.
    if (path.includes('%') && !this.#isPlain(decoded(path))) return MASK;
    return this.#isPlain(path) ? path : this.#masked(path);
  }

  /** Runs for nearly every line. */
  #isPlain(path: string): boolean {
    for (const before of this.#before) if (path.includes(before)) return false;
    return !DIGITS.test(path);
  }

  #masked(path: string): string {
    let last = '';
    const segments = path.split('/').map((segment) => {
      const word = last;
      if (segment !== '') last = segment;
      const isToken = segment !== '' && segment !== '?' && this.#before.includes(`/${word}/`);
      if (!isToken && !DIGITS.test(segment)) return segment;
      return segment.endsWith('?') ? `${MASK}?` : MASK;
    });
    return segments.join('/');
  }
}

function decoded(path: string): string {
  return path.replace(ENCODED, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}
