/**
 * The cookies that one client has, as a browser keeps them for one site: names and values, paths and domains left out.
 */
export class CookieJar {
  readonly #values = new Map<string, string>();

  /** As in Set-Cookie headers. A Max-Age of 0 expires one (RFC 6265 §5.2.2). */
  take(setCookie: readonly string[] = []): void {
    for (const one of setCookie) {
      const [pair = ''] = one.split(';', 1);
      const equals = pair.indexOf('=');
      const name = pair.slice(0, equals);
      if (/;\s*max-age=0/i.test(one)) this.#values.delete(name);
      else this.#values.set(name, pair.slice(equals + 1));
    }
  }

  /** What to send: a Cookie header, or no header. */
  get headers(): Record<string, string> {
    if (this.#values.size === 0) return {};
    return { cookie: [...this.#values].map(([name, value]) => `${name}=${value}`).join('; ') };
  }
}
