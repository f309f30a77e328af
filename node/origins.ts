/**
 * Web origins (RFC 6454) and the list of those that may look up sessions, `[cross-origin] allowedOrigins` in Genesys.
 * Entries are full origins, or `https://*.example.com` for every subdomain of `example.com`, at any depth, without
 * `example.com` itself. A bare `*` is refused: it would let any page on the web probe nine-digit tokens.
 */

const SERIALIZED_ORIGIN = /^https?:\/\/(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;
const WILDCARD = /^(https?:\/\/)\*\.(.+)$/i;

/**
 * A serialized http(s) origin (RFC 6454 §6.2), normalised to lower case without the default port; undefined for all
 * else, such as `null`, or a URL with a path. International host names are written in punycode, as browsers send them.
 */
export function parseOrigin(text: string): string | undefined {
  return SERIALIZED_ORIGIN.test(text) && URL.canParse(text) ? new URL(text).origin : undefined;
}

/** The origin of an http(s) URL, as a Referer header carries it; undefined for all else. */
export function originOfUrl(text: string): string | undefined {
  return URL.canParse(text) ? parseOrigin(new URL(text).origin) : undefined;
}

interface Subdomains {
  /** `https://` */
  readonly scheme: string;
  /** `.example.com`, or `.example.com:8443`. */
  readonly suffix: string;
}

export class AllowedOrigins {
  readonly #exact: ReadonlySet<string>;
  readonly #subdomains: readonly Subdomains[];

  constructor(exact: readonly string[], subdomains: readonly Subdomains[]) {
    this.#exact = new Set(exact);
    this.#subdomains = subdomains;
  }

  get empty(): boolean {
    return this.#exact.size === 0 && this.#subdomains.length === 0;
  }

  /** @param origin as `parseOrigin` returns it: the comparison of suffixes relies on nothing but a host in between. */
  allows(origin: string): boolean {
    return (
      this.#exact.has(origin) ||
      this.#subdomains.some(
        ({ scheme, suffix }) =>
          origin.length > scheme.length + suffix.length && origin.startsWith(scheme) && origin.endsWith(suffix),
      )
    );
  }
}

export type ParsedOrigins =
  | { readonly outcome: 'parsed'; readonly origins: AllowedOrigins }
  /** `entry` is none of what is accepted. */
  | { readonly outcome: 'invalid'; readonly entry: string };

/** A comma-separated list, spaces around entries ignored; `''` is the empty list, which allows nobody. */
export function parseAllowedOrigins(list: string): ParsedOrigins {
  const exact: string[] = [];
  const subdomains: Subdomains[] = [];
  const entries = list.trim() === '' ? [] : list.split(',').map((entry) => entry.trim());
  for (const entry of entries) {
    const origin = parseOrigin(entry);
    const wildcard = parseWildcard(entry);
    if (origin !== undefined) exact.push(origin);
    else if (wildcard !== undefined) subdomains.push(wildcard);
    else return { outcome: 'invalid', entry };
  }
  return { outcome: 'parsed', origins: new AllowedOrigins(exact, subdomains) };
}

function parseWildcard(entry: string): Subdomains | undefined {
  const [, scheme = '', parent = ''] = WILDCARD.exec(entry) ?? [];
  const origin = parseOrigin(scheme + parent);
  // `https://*.[::1]` and `https://*.0.0.1` are addresses: they have no subdomains.
  if (origin === undefined || /^(?:\[|[\d.]+(?::|$))/.test(parent)) return undefined;
  const lowerScheme = scheme.toLowerCase();
  return { scheme: lowerScheme, suffix: `.${origin.slice(lowerScheme.length)}` };
}
