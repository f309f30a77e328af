/** Which web origins may look up sessions; `config/origin-list.ts` says what a list may hold. */
import { type OriginList, parseOrigin, type Subdomains } from '../config/origin-list.ts';

/** The origin of an http(s) URL, as a Referer header carries it; undefined for all else. */
export function originOfUrl(text: string): string | undefined {
  return URL.canParse(text) ? parseOrigin(new URL(text).origin) : undefined;
}

export class AllowedOrigins {
  readonly #exact: ReadonlySet<string>;
  readonly #subdomains: readonly Subdomains[];

  constructor({ exact, subdomains }: OriginList) {
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
