/**
 * The chunked transfer coding (RFC 9112 §7.1) as a state machine over bytes. Data is handed on as ranges of the input
 * buffer; chunk extensions are checked and dropped. Strict: no whitespace in the size line, no bare CR or LF.
 */
import { BACKSLASH, CR, EQUALS, HEX, is, LF, QUOTE, SEMICOLON, TOKEN, VALUE } from './grammar.ts';
import { TrailerSection } from './trailers.ts';

/** Eight hex digits: chunks up to 4 GiB. Longer ones serve only to overflow somebody's integer. */
const MAX_SIZE_DIGITS = 8;
/** Bytes of chunk extensions in one message: they carry nothing and cost work (CVE-2023-39326 in Go's net/http). */
const MAX_EXTENSIONS = 4096;
/** Bytes of the trailer section with its empty line. */
const MAX_TRAILERS = 8192;

export interface ChunkSink {
  /** Body bytes [start, end) of the buffer that is being fed. */
  onChunkData(buffer: Buffer, start: number, end: number): void;
}

type State =
  | 'size'
  | 'extension'
  | 'extension-name'
  | 'extension-value'
  | 'extension-token'
  | 'quoted'
  | 'escaped'
  | 'unquoted'
  | 'size-lf'
  | 'data'
  | 'data-cr'
  | 'data-lf'
  | 'trailers'
  | 'done'
  | 'malformed';

export class ChunkedReader {
  #state: State = 'size';
  #digits = 0;
  #remaining = 0;
  #extensions = 0;
  #trailerText = '';
  /** Trailer lines to forward, each with CRLF; '' for none. Valid when done. */
  trailers = '';

  get done(): boolean {
    return this.#state === 'done';
  }

  /** Reads on in `buffer` from `start`. The position after the last byte used, or -1 when the coding is malformed. */
  feed(buffer: Buffer, start: number, end: number, sink: ChunkSink): number {
    let position = start;
    while (position < end) {
      if (this.#state === 'data') {
        const stop = Math.min(end, position + this.#remaining);
        this.#remaining -= stop - position;
        if (this.#remaining === 0) this.#state = 'data-cr';
        sink.onChunkData(buffer, position, stop);
        position = stop;
      } else if (this.#state === 'trailers') {
        return this.#feedTrailers(buffer, position, end);
      } else if (this.#state === 'done') {
        return position;
      } else {
        this.#state = this.#next(buffer[position] as number);
        if (this.#state === 'malformed') return -1;
        position++;
      }
    }
    return position;
  }

  /** The state after one byte outside of data and trailers. */
  #next(byte: number): State {
    switch (this.#state) {
      case 'size':
        if (is(byte, HEX)) {
          this.#remaining = this.#remaining * 16 + hexValue(byte);
          return ++this.#digits > MAX_SIZE_DIGITS ? 'malformed' : 'size';
        }
        if (this.#digits === 0) return 'malformed';
        if (byte === SEMICOLON) return 'extension';
        return byte === CR ? 'size-lf' : 'malformed';
      case 'extension':
        return is(byte, TOKEN) ? this.#extension('extension-name') : 'malformed';
      case 'extension-name':
        if (is(byte, TOKEN)) return this.#extension('extension-name');
        return byte === EQUALS ? this.#extension('extension-value') : this.#afterExtension(byte);
      case 'extension-value':
        if (byte === QUOTE) return this.#extension('quoted');
        return is(byte, TOKEN) ? this.#extension('extension-token') : 'malformed';
      case 'extension-token':
        return is(byte, TOKEN) ? this.#extension('extension-token') : this.#afterExtension(byte);
      case 'quoted':
        if (byte === QUOTE) return this.#extension('unquoted');
        if (byte === BACKSLASH) return this.#extension('escaped');
        return is(byte, VALUE) ? this.#extension('quoted') : 'malformed';
      case 'escaped':
        return is(byte, VALUE) ? this.#extension('quoted') : 'malformed';
      case 'unquoted':
        return this.#afterExtension(byte);
      case 'size-lf':
        if (byte !== LF) return 'malformed';
        return this.#remaining === 0 ? 'trailers' : 'data';
      case 'data-cr':
        return byte === CR ? 'data-lf' : 'malformed';
      case 'data-lf':
        this.#digits = 0;
        return byte === LF ? 'size' : 'malformed';
      default:
        return 'malformed';
    }
  }

  #afterExtension(byte: number): State {
    if (byte === SEMICOLON) return this.#extension('extension');
    return byte === CR ? 'size-lf' : 'malformed';
  }

  #extension(next: State): State {
    return ++this.#extensions <= MAX_EXTENSIONS ? next : 'malformed';
  }

  #feedTrailers(buffer: Buffer, start: number, end: number): number {
    const before = this.#trailerText.length;
    const stop = Math.min(end, start + MAX_TRAILERS + 1 - before);
    const text = this.#trailerText + buffer.toString('latin1', start, stop);
    const section = new TrailerSection();
    const length = section.parse(text);
    if (length < 0 || (length === 0 ? text.length : length) > MAX_TRAILERS) return -1;
    if (length === 0) {
      this.#trailerText = text;
      return end;
    }
    this.#state = 'done';
    this.trailers = section.forwarded;
    return start + length - before;
  }
}

function hexValue(byte: number): number {
  return byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57;
}
