/**
 * Bounds guessing of admin tokens. An address that has sent so many different wrong ones within a minute gets none
 * looked at until the minute is over, but for those that were right before. Hence who repeats an old one, as a scraper
 * does after a change, is never near the bound, and who guesses behind the address of operators, or on the same
 * machine, locks none of those out who are at work.
 */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { addressKey } from '../traffic/address-key.ts';
import { plainAddress } from '../traffic/peers.ts';

const MOST_WRONG = 20;
const WINDOW_MS = 60_000;
const MOST_ADDRESSES = 1000;
const MOST_KNOWN = 1000;

interface Guesses {
  /** When the first of them came, ms. */
  readonly since: number;
  readonly wrong: Set<string>;
}

export class AdminAttempts {
  readonly #guesses = new LRUCache<string, Guesses>({ max: MOST_ADDRESSES });
  readonly #known = new LRUCache<string, true>({ max: MOST_KNOWN });
  readonly #now: () => number;

  /** `now`: ms from any moment. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** ms until a token of this address is looked at; 0: it is. */
  waitFor(address: string, token: string): number {
    const key = addressKey(plainAddress(address));
    const guesses = this.#guessesOf(key);
    if (guesses === undefined || guesses.wrong.size < MOST_WRONG) return 0;
    return this.#known.has(knownKey(key, token)) ? 0 : guesses.since + WINDOW_MS - this.#now();
  }

  wasRight(address: string, token: string): void {
    this.#known.set(knownKey(addressKey(plainAddress(address)), token), true);
  }

  wasWrong(address: string, token: string): void {
    const key = addressKey(plainAddress(address));
    let guesses = this.#guessesOf(key);
    if (guesses === undefined) {
      guesses = { since: this.#now(), wrong: new Set() };
      this.#guesses.set(key, guesses);
    }
    if (guesses.wrong.size < MOST_WRONG) guesses.wrong.add(digestOf(token));
  }

  /** undefined: none within the last minute. */
  #guessesOf(key: string): Guesses | undefined {
    const guesses = this.#guesses.get(key);
    return guesses && this.#now() - guesses.since < WINDOW_MS ? guesses : undefined;
  }
}

function knownKey(key: string, token: string): string {
  return `${key} ${digestOf(token)}`;
}

/** Not the token: what is in memory may end in a core dump. */
function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
