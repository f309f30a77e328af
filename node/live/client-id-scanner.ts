/**
 * Finds whose a body is that is too large to be kept: the `clientId` of each of its messages, in passing and in
 * constant memory, since the stock client writes it behind the data. One inside of the data is not the sender's and
 * does not count. What is no JSON may yield anything, so a client id found here proves as much as one in a valid
 * message: that the sender knows it.
 */
import { MAX_ID_LENGTH } from './message.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

export class ClientIdScanner {
  readonly #found: (clientId: string) => void;
  #depth = 0;
  /** Of the fields of a message: 2 in an array of messages, 1 in one alone. 0 until the body has begun. */
  #messageDepth = 0;
  #inString = false;
  #escaped = false;
  /** Whether the string at hand may be a name or a value that matters. */
  #kept = false;
  #text = '';
  /** Of the field whose value comes next. */
  #name = '';

  constructor(found: (clientId: string) => void) {
    this.#found = found;
  }

  /** Takes the next bytes of the body. */
  scan(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#inString) at = this.#string(chunk, at);
      else this.#token(chunk[at++]);
    }
  }

  /** Most of a body is inside of strings: the loop is plain for speed. Returns where to go on. */
  #string(chunk: Buffer, start: number): number {
    let escaped = this.#escaped;
    let kept = this.#kept;
    let at = start;
    for (; at < chunk.length; at++) {
      const byte = chunk[at];
      if (escaped) escaped = false;
      else if (byte === BACKSLASH) {
        escaped = true;
        kept = false;
      } else if (byte === QUOTE) break;
    }
    kept &&= this.#text.length + at - start <= MAX_ID_LENGTH;
    this.#text = kept ? this.#text + chunk.toString('latin1', start, at) : '';
    this.#escaped = escaped;
    this.#kept = kept;
    if (at === chunk.length) return at;
    this.#inString = false;
    if (kept && this.#name === 'clientId') this.#found(this.#text);
    return at + 1;
  }

  #token(byte: number | undefined): void {
    switch (byte) {
      case QUOTE:
        this.#inString = true;
        this.#kept = this.#depth === this.#messageDepth;
        this.#text = '';
        break;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        this.#depth++;
        if (this.#messageDepth === 0) this.#messageDepth = byte === OPEN_ARRAY ? 2 : 1;
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        this.#depth--;
        break;
      case COLON:
        if (this.#depth === this.#messageDepth) this.#name = this.#text;
        break;
      case COMMA:
        if (this.#depth <= this.#messageDepth) this.#name = '';
    }
  }
}
