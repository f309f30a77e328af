/**
 * What a session is called wherever its token must not be: a keyed hash, so that whoever reads a log or the memory of
 * this process cannot count through nine digits to find the token. The key lives as long as the primary and is shared
 * by its workers; another replica, or the same one after a restart, calls the session something else.
 */
import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { type ExchangeRecord, tokenOf } from './record.ts';

const KEY_BYTES = 32;
/** 96 bits: no two of any number of sessions meet by chance. */
const ALIAS_DIGITS = 24;
/** What a log line shows of it. */
const SHOWN_DIGITS = 12;

export function newAliasKey(): string {
  return randomBytes(KEY_BYTES).toString('base64');
}

export class SessionAliases {
  readonly #key: KeyObject;
  #lastToken = '';
  #lastAlias = '';

  /** `key`: of `newAliasKey`. */
  constructor(key: string) {
    this.#key = createSecretKey(key, 'base64');
  }

  /** Hexadecimal; of a session's or a user's token. */
  of(token: string): string {
    // Log and timeline ask for the same one right after each other.
    if (token !== this.#lastToken) {
      this.#lastAlias = createHmac('sha256', this.#key).update(token).digest('hex').slice(0, ALIAS_DIGITS);
      this.#lastToken = token;
    }
    return this.#lastAlias;
  }
}

/** What people are told of the session, or of the user, that an exchange names; undefined for none. */
export function aliasShown(record: ExchangeRecord, aliasOf: (token: string) => string | undefined): string | undefined {
  const token = tokenOf(record);
  const alias = token === '' ? record.reference || undefined : aliasOf(token);
  return alias && shownAlias(alias);
}

/** The part of an alias that people see. */
export function shownAlias(alias: string): string {
  return alias.slice(0, SHOWN_DIGITS);
}
