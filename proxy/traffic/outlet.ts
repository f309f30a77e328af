/** Where body bytes go, with the chunked coding put around them when the receiver needs it. */
import type { ChunkSink } from '../http/chunked.ts';
import type { ClientOutput } from './client-socket.ts';

export interface Outlet {
  /** latin1 text: heads, chunk framing, small bodies. */
  text(text: string): void;
  /** Bytes [start, end) of a buffer that the receiver may not keep unless it owns it. */
  bytes(buffer: Buffer, start: number, end: number): void;
}

/** Up to this size bytes are cheaper to convert to a string and send in one write than to hand over as a buffer. */
export const SMALL = 8192;

/** A peer with more than this unsent gets no more until it has taken it all. */
export const HIGH_WATER = 64 * 1024;

/**
 * Writes bytes of a read buffer. Small ones go as a string, of which libuv keeps what the kernel does not take at once.
 * Larger ones are copied, since the next read of any node connection overwrites the shared buffer; unless it is
 * `lent`, a buffer of one connection alone, which must then not read on while `isFull`. Only what exceeds the socket's
 * high-water mark is taken as lent, because nothing less is sure to be followed by 'drain'. Bulk without the copy costs
 * 0.6 of what it costs with it.
 */
export function writeBorrowed(socket: ClientOutput, buffer: Buffer, start: number, end: number, lent: boolean): void {
  if (end - start <= SMALL) socket.write(buffer.toString('latin1', start, end), 'latin1');
  else if (lent && end - start >= socket.writableHighWaterMark) socket.write(buffer.subarray(start, end));
  else socket.write(Buffer.from(buffer.subarray(start, end)));
}

/** The peer gets no more until it has taken what is written; `lent`: of which some may be a lent buffer. */
export function isFull(socket: ClientOutput, lent: boolean): boolean {
  const { writableLength } = socket;
  return writableLength > HIGH_WATER || (lent && writableLength > 0 && socket.writableNeedDrain);
}

/**
 * Puts the chunked coding around data ranges. Small pieces gather in one string until `flush`, so that a buffer full
 * of tiny chunks costs one write.
 */
export class ChunkedWriter implements ChunkSink {
  #gathered = '';
  readonly #outlet: Outlet;

  constructor(outlet: Outlet) {
    this.#outlet = outlet;
  }

  onChunkData(buffer: Buffer, start: number, end: number): void {
    const size = end - start;
    if (size === 0) return;
    const line = `${size.toString(16)}\r\n`;
    if (size + this.#gathered.length <= SMALL) {
      this.#gathered += `${line}${buffer.toString('latin1', start, end)}\r\n`;
      return;
    }
    this.#outlet.text(this.#gathered + line);
    this.#outlet.bytes(buffer, start, end);
    this.#gathered = '\r\n';
  }

  /** The last chunk, with trailer lines (each with CRLF) or ''. */
  end(trailers: string): void {
    this.#gathered += `0\r\n${trailers}\r\n`;
  }

  /** To be called after each buffer: the receiver waits for what is gathered. */
  flush(): void {
    if (this.#gathered === '') return;
    this.#outlet.text(this.#gathered);
    this.#gathered = '';
  }
}
