/**
 * Attributes of the application's stickiness cookie that the configuration forces (RFC 6265 §5.2, RFC 6265bis, CHIPS).
 */
import type { ProxyConfig } from '../../config/proxy-schema.ts';

export class ForcedAttributes {
  /** From a semicolon on; '' when nothing is forced. */
  readonly text: string;
  /** Where browsers keep the cookie, as far as that is forced. */
  readonly place: string;
  /** In lower case. */
  readonly #names: ReadonlySet<string>;

  constructor({ secure, httpOnly, sameSite, partitioned, path, domain }: ProxyConfig['affinity']['attributes']) {
    const all = [
      ...(path === undefined ? [] : [`Path=${path}`]),
      ...(domain === undefined ? [] : [`Domain=${domain}`]),
      ...(secure ? ['Secure'] : []),
      ...(httpOnly ? ['HttpOnly'] : []),
      ...(sameSite === undefined ? [] : [`SameSite=${sameSite}`]),
      ...(partitioned ? ['Partitioned'] : []),
    ];
    this.place = `Path=${path ?? '/'}${domain === undefined ? '' : `; Domain=${domain}`}`;
    this.text = all.map((attribute) => `; ${attribute}`).join('');
    this.#names = new Set(all.map(nameOf));
  }

  /**
   * A Set-Cookie's value, with its other attributes as they were. Also of a cookie that ends: it must be the same one.
   */
  put(line: string): string {
    const [pair = '', ...attributes] = line.split(';');
    const others = attributes.filter((attribute) => !this.#names.has(nameOf(attribute)));
    return [pair, ...others].join(';') + this.text;
  }
}

function nameOf(attribute: string): string {
  const equals = attribute.indexOf('=');
  return (equals === -1 ? attribute : attribute.slice(0, equals)).trim().toLowerCase();
}
