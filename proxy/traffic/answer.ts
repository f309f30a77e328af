/**
 * A node's answer on its way to the client: interim answers, the head with what is cut and added, and the body in the
 * framing that the client understands. An answer that fits one read goes out in one write.
 */
import type { AnswerFraming, AnswerHead } from '../http/answer-head.ts';
import { ChunkedReader } from '../http/chunked.ts';
import type { ClientOutput } from './client-socket.ts';
import { ChunkedWriter, type Outlet, SMALL, writeBorrowed } from './outlet.ts';

/**
 * - `more`: to be continued.
 * - `complete`.
 * - `upgraded`: a 101 that was asked for; the bytes after `used` belong to the tunnel.
 * - `declined`: the exchange wants to ask another node; nothing was sent.
 * - `invalid`: malformed or ambiguous.
 */
export type AnswerProgress = 'more' | 'complete' | 'upgraded' | 'declined' | 'invalid';

/** What the answer must know of its request and its client. */
export interface AnswerContext {
  readonly method: string;
  readonly clientSocket: ClientOutput;
  readonly clientHttp10: boolean;
  readonly wantsContinue: boolean;
  readonly wantsUpgrade: boolean;
  /** Whether the client's connection lives on after an answer whose end the client can see. */
  readonly keepAlive: boolean;
  /** A final head has arrived; false declines it, to ask another node. */
  onAnswerHead(head: AnswerHead): boolean;
  /** Lines to add to that head, each with its CRLF; read after `onAnswerHead`. */
  readonly addedFields: string;
  /** The head and what has come of the body are about to be written, and are small together. */
  onSmallAnswer(): void;
  /** Body bytes, for an exchange that wants to read along; borrowed. */
  onAnswerBody: ((buffer: Buffer, start: number, end: number) => void) | undefined;
}

/** The node's connection, as far as the answer needs it. */
export interface AnswerSource {
  readonly head: AnswerHead;
  /** See `NodeConnection`. */
  readonly lends: boolean;
}

export class Answer implements Outlet {
  /** Status of the final head, 0 before it. */
  status = 0;
  /** Bytes written to the client. */
  bytesOut = 0;
  framing: AnswerFraming = 'none';
  /** The client's connection can carry another answer after this one. */
  keepsAlive = false;
  /** Bytes of the last read that belong to this answer. */
  used = 0;
  #partial = '';
  /** Bytes of interim answers: together no more than a head may have, or a node could send them for ever. */
  #interims = 0;
  #remaining = 0;
  #reader: ChunkedReader | undefined;
  #writer: ChunkedWriter | undefined;
  readonly #source: AnswerSource;
  readonly #head: AnswerHead;
  readonly #context: AnswerContext;
  readonly #limit: number;

  /** `limit`: bytes that a head may have. */
  constructor(source: AnswerSource, limit: number, context: AnswerContext) {
    this.#source = source;
    this.#head = source.head;
    this.#limit = limit + 1;
    this.#context = context;
  }

  /** A final head has been sent: from here on an error can only be told by cutting the answer off. */
  get begun(): boolean {
    return this.status !== 0;
  }

  /** Takes what a node connection has read: bytes [0, length) of a buffer, see `NodeUser.onNodeData`. */
  feed(buffer: Buffer, length: number): AnswerProgress {
    return this.status === 0 ? this.#feedHead(buffer, length) : this.#feedBody(buffer, 0, length);
  }

  /** The node has closed its side: the end of an answer that is delimited by it, else too early. */
  endOfInput(): AnswerProgress {
    if (this.status === 0 || this.framing !== 'close') return 'invalid';
    if (this.#writer !== undefined) {
      this.#writer.end('');
      this.#writer.flush();
    }
    return 'complete';
  }

  #feedHead(buffer: Buffer, length: number): AnswerProgress {
    let text = this.#partial;
    // Bytes of this read that are part of `text` or were used before it. No more is decoded than a head may have.
    let decoded = 0;
    for (;;) {
      const more = Math.min(length, decoded + this.#limit - text.length);
      text += buffer.toString('latin1', decoded, more);
      decoded = more;
      const headLength = this.#head.parse(text);
      if (headLength < 0) return 'invalid';
      if (headLength === 0) {
        this.#partial = text;
        this.used = length;
        return 'more';
      }
      const headEnd = decoded - (text.length - headLength);
      const { status } = this.#head;
      if (status >= 200) return this.#finalHead(text, headLength, buffer, headEnd, length);
      if (status === 101) return this.#switching(headEnd);
      this.#interims += headLength;
      if (this.#interims >= this.#limit) return 'invalid';
      this.#interim();
      text = text.slice(headLength);
      if (text === '' && decoded === length) {
        this.#partial = '';
        this.used = length;
        return 'more';
      }
    }
  }

  /** 100 goes to a client that asked for it, other interim answers to every HTTP/1.1 client (RFC 9110 §15.2). */
  #interim(): void {
    const context = this.#context;
    const head = this.#head;
    if (context.clientHttp10 || (head.status === 100 && !context.wantsContinue)) return;
    this.text(`${head.forwarded}\r\n`);
  }

  #switching(consumed: number): AnswerProgress {
    if (!this.#context.wantsUpgrade || !this.#head.upgradesToWebsocket || this.#head.http10) return 'invalid';
    this.status = 101;
    this.used = consumed;
    this.#context.onAnswerHead(this.#head);
    this.text(`${this.#head.forwarded}${this.#context.addedFields}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    return 'upgraded';
  }

  #finalHead(text: string, headLength: number, buffer: Buffer, bodyStart: number, end: number): AnswerProgress {
    const context = this.#context;
    const head = this.#head;
    this.used = bodyStart;
    this.framing = head.framing(context.method);
    this.#remaining = head.contentLength;
    if (!context.onAnswerHead(head)) return 'declined';
    this.status = head.status;
    const clientSeesEnd = this.framing === 'none' || this.framing === 'length' || !context.clientHttp10;
    this.keepsAlive = context.keepAlive && clientSeesEnd;
    let added = context.addedFields;
    if (this.framing === 'chunked' || this.framing === 'close') {
      if (this.framing === 'chunked') this.#reader = new ChunkedReader();
      if (!context.clientHttp10) {
        this.#writer = new ChunkedWriter(this);
        added += 'Transfer-Encoding: chunked\r\n';
      }
    }
    if (!this.keepsAlive) added += 'Connection: close\r\n';
    else if (context.clientHttp10) added += 'Connection: keep-alive\r\n';

    const bodyLength = this.framing === 'none' ? 0 : this.framing === 'length' ? this.#remaining : -1;
    if (bodyLength >= 0 && bodyLength <= SMALL && text.length - headLength >= bodyLength) {
      // The whole answer in one write, and as it came when nothing of its head changes.
      context.onAnswerBody?.(buffer, bodyStart, bodyStart + bodyLength);
      const whole = headLength + bodyLength;
      context.onSmallAnswer();
      if (added === '' && head.untouched) this.text(whole === text.length ? text : text.slice(0, whole));
      else this.text(`${head.forwarded}${added}\r\n${text.slice(headLength, whole)}`);
      this.used = bodyStart + bodyLength;
      return 'complete';
    }
    if (end - bodyStart <= SMALL) context.onSmallAnswer();
    const socket = context.clientSocket;
    socket.cork();
    this.text(`${head.forwarded}${added}\r\n`);
    const progress = this.#feedBody(buffer, bodyStart, end);
    socket.uncork();
    return progress;
  }

  #feedBody(buffer: Buffer, start: number, end: number): AnswerProgress {
    switch (this.framing) {
      case 'length': {
        const stop = Math.min(end, start + this.#remaining);
        this.#remaining -= stop - start;
        this.#deliver(buffer, start, stop);
        this.used = stop;
        return this.#remaining === 0 ? 'complete' : 'more';
      }
      case 'chunked':
        return this.#feedChunked(buffer, start, end);
      case 'close':
        this.#deliver(buffer, start, end);
        this.#writer?.flush();
        this.used = end;
        return 'more';
      default:
        return 'complete';
    }
  }

  #feedChunked(buffer: Buffer, start: number, end: number): AnswerProgress {
    const reader = this.#reader;
    if (reader === undefined) return 'invalid';
    const position = reader.feed(buffer, start, end, this);
    if (position < 0) {
      this.#writer?.flush();
      return 'invalid';
    }
    this.used = position;
    if (reader.done) this.#writer?.end(reader.trailers);
    this.#writer?.flush();
    return reader.done ? 'complete' : 'more';
  }

  onChunkData(buffer: Buffer, start: number, end: number): void {
    this.#deliver(buffer, start, end);
  }

  #deliver(buffer: Buffer, start: number, end: number): void {
    if (start === end) return;
    this.#context.onAnswerBody?.(buffer, start, end);
    if (this.#writer !== undefined) this.#writer.onChunkData(buffer, start, end);
    else this.bytes(buffer, start, end);
  }

  text(text: string): void {
    this.bytesOut += text.length;
    this.#context.clientSocket.write(text, 'latin1');
  }

  bytes(buffer: Buffer, start: number, end: number): void {
    this.bytesOut += end - start;
    writeBorrowed(this.#context.clientSocket, buffer, start, end, this.#source.lends);
  }
}
