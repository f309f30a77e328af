/**
 * The stickiness cookie on its way, where the configuration changes it: clients get it with the attributes that are
 * forced and with its signature, nodes as they have set it.
 */
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import { cookieAt, cookieValue } from '../affinity/cookie.ts';
import { CookieSignature } from '../affinity/cookie-signature.ts';
import type { IgnoredCookie } from '../affinity/ignored-cookie.ts';
import { ForcedAttributes } from '../affinity/set-cookie.ts';
import type { AnswerHead } from '../http/answer-head.ts';
import { matches } from '../http/grammar.ts';

const COOKIE = 'cookie:';

export class CookieRepair {
  readonly forced: ForcedAttributes;
  /** undefined where cookies are not signed. */
  readonly signature: CookieSignature | undefined;
  readonly #cookie: string;

  private constructor(config: ProxyConfig, onIgnored: (why: IgnoredCookie) => void) {
    const { cookie, attributes, signature } = config.affinity;
    this.#cookie = cookie;
    this.forced = new ForcedAttributes(attributes);
    this.signature = signature.keys.length === 0 ? undefined : new CookieSignature(config, onIgnored);
  }

  /** undefined where the cookie passes as it is. */
  static for(config: ProxyConfig, onIgnored: (why: IgnoredCookie) => void): CookieRepair | undefined {
    const repair = new CookieRepair(config, onIgnored);
    return repair.forced.text === '' && repair.signature === undefined ? undefined : repair;
  }

  /** The lines that take the place of the node's own, which are cut out of its head. */
  linesFor(head: AnswerHead): string {
    let lines = '';
    for (const line of head.takeSetCookies(this.#cookie))
      lines += `Set-Cookie: ${this.#signed(this.forced.put(line))}\r\n`;
    return lines;
  }

  /** A request's head as the node is to have it: no signature, and no cookie that counts for nothing. */
  headForNode(head: string): string {
    const { signature } = this;
    if (signature === undefined) return head;
    let result = '';
    let copied = 0;
    let line = head.indexOf('\n') + 1;
    while (line < head.length) {
      const next = head.indexOf('\n', line) + 1;
      if (next - line > COOKIE.length && matches(head, line, COOKIE)) {
        const header = head.substring(line + COOKIE.length, next - 2);
        if (cookieAt(header, this.#cookie, 0) !== -1) {
          const cookies = this.#unsigned(header, signature);
          result += head.substring(copied, line) + (cookies === '' ? '' : `Cookie: ${cookies}\r\n`);
          copied = next;
        }
      }
      line = next;
    }
    return copied === 0 ? head : result + head.substring(copied);
  }

  #signed(line: string): string {
    if (this.signature === undefined) return line;
    const start = this.#cookie.length + 1;
    const semicolon = line.indexOf(';');
    const signed = this.signature.sign(cookieValue(line, start));
    return `${line.slice(0, start)}${signed}${semicolon === -1 ? '' : line.slice(semicolon)}`;
  }

  #unsigned(header: string, signature: CookieSignature): string {
    const kept: string[] = [];
    for (const pair of header.split(';')) {
      const own = cookieAt(pair, this.#cookie, 0);
      if (own === -1) kept.push(pair.trim());
      else {
        const value = cookieValue(pair, own);
        const believed = signature.believed(value);
        if (believed === value) kept.push(pair.trim());
        else if (believed !== undefined) kept.push(`${this.#cookie}=${believed}`);
      }
    }
    return kept.join('; ');
  }
}
