/**
 * The signature in the stickiness cookie, `CB_1~7Zk…`: HMAC-SHA-256 of the node's name, in base64url. It shows that the
 * name comes from a proxy with the same key and was not made up. It is the same for all clients of a node.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import type { IgnoredCookie } from './ignored-cookie.ts';

/** In no name. */
const SEPARATOR = '~';
/** 32 bytes without padding. */
const MAC_LENGTH = 43;

export class CookieSignature {
  /** By name, one for each key: since names are few, nothing is hashed for a request. */
  readonly #macs: ReadonlyMap<string, readonly Buffer[]>;
  readonly #acceptsUnsigned: boolean;
  readonly #presented = Buffer.alloc(MAC_LENGTH);
  readonly #onIgnored: (why: IgnoredCookie) => void;

  /** At least one key. */
  constructor(
    { nodes, affinity: { signature } }: Pick<ProxyConfig, 'nodes' | 'affinity'>,
    onIgnored: (why: IgnoredCookie) => void,
  ) {
    const { keys, unsigned } = signature;
    this.#macs = new Map(nodes.map(({ name }) => [name, keys.map((key) => macOf(name, key))]));
    this.#acceptsUnsigned = unsigned === 'accept';
    this.#onIgnored = onIgnored;
  }

  /** What the cookie with this value is to say. Only nodes' names are signed. */
  sign(value: string): string {
    const mac = this.#macs.get(value)?.[0];
    return mac === undefined ? value : `${value}${SEPARATOR}${mac.toString('latin1')}`;
  }

  /** The value without its signature, and whatever names no node; undefined for a cookie that counts for nothing. */
  believed(value: string): string | undefined {
    const separator = value.indexOf(SEPARATOR);
    if (separator === -1) return this.#acceptsUnsigned || !this.#macs.has(value) ? value : undefined;
    const name = value.substring(0, separator);
    const macs = this.#macs.get(name);
    if (macs === undefined) return value;
    return this.#isOneOf(macs, value, separator + 1) ? name : undefined;
  }

  /** To be called once for each cookie that `believed` knows nothing of. */
  ignored(value: string): void {
    this.#onIgnored(value.includes(SEPARATOR) ? 'forged' : 'unsigned');
  }

  #isOneOf(macs: readonly Buffer[], value: string, start: number): boolean {
    if (value.length - start !== MAC_LENGTH) return false;
    this.#presented.write(value.substring(start), 'latin1');
    let found = false;
    for (const mac of macs) found = timingSafeEqual(this.#presented, mac) || found;
    return found;
  }
}

function macOf(name: string, key: string): Buffer {
  return Buffer.from(createHmac('sha256', key).update(name).digest('base64url'), 'latin1');
}
