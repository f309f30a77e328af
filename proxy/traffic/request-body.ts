/**
 * The body of one request on its way to the node: framing is checked as bytes arrive, and nothing is written before a
 * node connection stands, so that a failed connect costs no byte of it.
 */
import type { Writable } from 'node:stream';
import { ChunkedReader } from '../http/chunked.ts';
import type { RequestHead } from '../http/request-head.ts';
import { ChunkedWriter, type Outlet } from './outlet.ts';

/** - `more`: the body goes on. - `complete`. - `malformed`: bad chunked coding. - `too-large`: above `limits.body`. */
export type BodyProgress = 'more' | 'complete' | 'malformed' | 'too-large';

export class RequestBody implements Outlet {
  /** Bytes of body read so far, without framing. */
  received = 0;
  complete = false;
  /** Bytes that wait for a connection, framing included. */
  held = 0;
  #remaining: number;
  readonly #limit: number;
  readonly #reader: ChunkedReader | undefined;
  readonly #writer: ChunkedWriter | undefined;
  #socket: Writable | undefined;
  /** What waits for a connection, in order. */
  #waiting: (string | Buffer)[] = [];

  constructor(head: RequestHead, limit: number) {
    this.#remaining = head.contentLength;
    this.#limit = limit;
    if (head.chunked) {
      this.#reader = new ChunkedReader();
      this.#writer = new ChunkedWriter(this);
    }
  }

  /** Takes bytes from the client; how many of them belong to this body is in `used`. */
  used = 0;

  feed(chunk: Buffer): BodyProgress {
    if (this.#reader === undefined || this.#writer === undefined) {
      const take = Math.min(chunk.length, this.#remaining);
      this.used = take;
      this.received += take;
      this.#remaining -= take;
      this.bytes(chunk, 0, take);
      this.complete = this.#remaining === 0;
    } else {
      const position = this.#reader.feed(chunk, 0, chunk.length, this);
      if (position < 0) return 'malformed';
      if (this.received > this.#limit) return 'too-large';
      this.used = position;
      this.complete = this.#reader.done;
      if (this.complete) this.#writer.end(this.#reader.trailers);
      this.#writer.flush();
    }
    return this.complete ? 'complete' : 'more';
  }

  onChunkData(buffer: Buffer, start: number, end: number): void {
    this.received += end - start;
    this.#writer?.onChunkData(buffer, start, end);
  }

  /** The connection stands: sends the head with what has gathered, and passes the rest on as it comes. */
  begin(socket: Writable, head: string): void {
    this.#socket = socket;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.held = 0;
    const [only] = waiting;
    if (waiting.length === 0) socket.write(head, 'latin1');
    else if (waiting.length === 1 && only !== undefined && only.length <= 4096) {
      socket.write(head + (typeof only === 'string' ? only : only.toString('latin1')), 'latin1');
    } else {
      socket.cork();
      socket.write(head, 'latin1');
      for (const piece of waiting) write(socket, piece);
      socket.uncork();
    }
  }

  text(text: string): void {
    if (this.#socket === undefined) this.#hold(text);
    else this.#socket.write(text, 'latin1');
  }

  /** The chunk came from the client's own read, so it may be kept. */
  bytes(buffer: Buffer, start: number, end: number): void {
    if (start === end) return;
    const piece = start === 0 && end === buffer.length ? buffer : buffer.subarray(start, end);
    if (this.#socket === undefined) this.#hold(piece);
    else this.#socket.write(piece);
  }

  #hold(piece: string | Buffer): void {
    this.#waiting.push(piece);
    this.held += piece.length;
  }
}

function write(socket: Writable, piece: string | Buffer): void {
  if (typeof piece === 'string') socket.write(piece, 'latin1');
  else socket.write(piece);
}
