/**
 * Web origins (RFC 6454) and the list of those that may look up sessions, `[cross-origin] allowedOrigins` in Genesys.
 * Entries are full origins, or `https://*.example.com` for every subdomain of `example.com`, at any depth, without
 * `example.com` itself. A bare `*` is refused: it would let any page on the web probe nine-digit tokens.
 */

const SERIALIZED_ORIGIN = /^https?:\/\/(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;
const WILDCARD = /^(https?:\/\/)\*\.(.+)$/i;

/** What a list says, as plain data. */
export interface OriginList {
  /** As `parseOrigin` returns them. */
  readonly exact: readonly string[];
  readonly subdomains: readonly Subdomains[];
}

export interface Subdomains {
  /** `https://` */
  readonly scheme: string;
  /** `.example.com`, or `.example.com:8443`. */
  readonly suffix: string;
}

/**
 * A serialized http(s) origin (RFC 6454 §6.2), normalised to lower case without the default port; undefined for all
 * else, such as `null`, or a URL with a path. International host names are written in punycode, as browsers send them.
 */
export function parseOrigin(text: string): string | undefined {
  return SERIALIZED_ORIGIN.test(text) && URL.canParse(text) ? new URL(text).origin : undefined;
}

/**
 * A comma-separated list, spaces around entries ignored; `''` is the empty list, which allows nobody. Undefined when an
 * entry is none of what is accepted.
 */
export function parseOriginList(list: string): OriginList | undefined {
  const exact: string[] = [];
  const subdomains: Subdomains[] = [];
  const entries = list.trim() === '' ? [] : list.split(',').map((entry) => entry.trim());
  for (const entry of entries) {
    const origin = parseOrigin(entry);
    const wildcard = parseWildcard(entry);
    if (origin !== undefined) exact.push(origin);
    else if (wildcard !== undefined) subdomains.push(wildcard);
    else return undefined;
  }
  return { exact, subdomains };
}

function parseWildcard(entry: string): Subdomains | undefined {
  const [, scheme = '', parent = ''] = WILDCARD.exec(entry) ?? [];
  const origin = parseOrigin(scheme + parent);
  // `https://*.[::1]` and `https://*.0.0.1` are addresses: they have no subdomains.
  if (origin === undefined || /^(?:\[|[\d.]+(?::|$))/.test(parent)) return undefined;
  const lowerScheme = scheme.toLowerCase();
  return { scheme: lowerScheme, suffix: `.${origin.slice(lowerScheme.length)}` };
}
