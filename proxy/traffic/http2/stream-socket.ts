/**
 * One stream of HTTP/2 as a client's connection sees it: a socket that says one request as HTTP/1.1 and takes one
 * answer so, whose head is sent as fields and whose body as it is. Bounded by the stream's flow control: it holds
 * nothing itself back.
 */
import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import type { AnswerHead } from '../../http/answer-head.ts';
import { ChunkedReader } from '../../http/chunked.ts';
import { answerFields, trailerFields } from '../../http2/answer-fields.ts';
import { NO_ERROR } from '../../http2/frames.ts';
import { type RequestText, trailerText } from '../../http2/request-text.ts';
import type { ClientSocket } from '../client-socket.ts';

/** What of the answer comes next: its head, its body by length or in chunks, a tunnel's bytes, or nothing. */
type Expected = 'head' | 'length' | 'chunked' | 'tunnel' | 'nothing';

const MAX_STATUS = 599;
const CRLF = Buffer.from('\r\n');
/** Makes `node:http2` say INTERNAL_ERROR. */
const CUT_OFF = new Error('the answer is cut off');

export interface StreamSocketOptions {
  readonly stream: ServerHttp2Stream;
  readonly remoteAddress: string | undefined;
  readonly encrypted: boolean;
  /** Reads the heads of answers; each is read at once, so that all streams share it. */
  readonly head: AnswerHead;
}

export class StreamSocket extends EventEmitter implements ClientSocket {
  readonly http2 = true;
  readonly encrypted: boolean;
  readonly remoteAddress: string | undefined;
  readonly #stream: ServerHttp2Stream;
  readonly #head: AnswerHead;
  #request: RequestText | undefined;
  #expected: Expected = 'head';
  /** Bytes of body: of the request, that have come; of the answer, still to be sent. */
  #received = 0;
  #remaining = 0;
  #reader: ChunkedReader | undefined;
  #trailers = '';
  #closed = false;
  #saidAll = false;
  /** Something may come that is wanted. */
  #mayFlow = false;

  constructor({ stream, remoteAddress, encrypted, head }: StreamSocketOptions) {
    super();
    this.#stream = stream;
    this.#head = head;
    this.remoteAddress = remoteAddress;
    this.encrypted = encrypted;
    stream.on('drain', () => this.emit('drain'));
    // Of the client, whatever the code, or of the whole connection.
    stream.on('aborted', () => this.#onClose());
    stream.on('close', () => this.#onClose());
  }

  /** Says the request. */
  begin(request: RequestText): void {
    const stream = this.#stream;
    this.#request = request;
    this.emit('data', Buffer.from(request.text, 'latin1'));
    if (request.framing === 'none') {
      this.#saidAll = request.ends;
      // Not ended before its last write: an error would be made for that, 26 µs. See `end`.
      stream.pause();
      return;
    }
    this.#mayFlow = true;
    stream.on('trailers', (_fields, _flags, list?: readonly string[]) => this.#onTrailers(list ?? []));
    stream.on('end', () => this.#onEnd());
    stream.on('data', (chunk: Buffer) => this.#onData(chunk));
  }

  /** The request is refused unread. */
  refuse(): void {
    this.#stream.pause();
  }

  // The client's side.

  #onData(chunk: Buffer): void {
    const { framing = 'none', contentLength = 0 } = this.#request ?? {};
    this.#received += chunk.length;
    if (framing === 'chunked') {
      this.emit('data', Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, CRLF]));
    } else if (framing === 'length' && this.#received > contentLength) this.#cutOff();
    else this.emit('data', chunk);
  }

  #onTrailers(list: readonly string[]): void {
    const text = trailerText(list);
    if (text === undefined) this.#cutOff();
    else this.#trailers = text;
  }

  /** A stream that was reset ends as well, and is no whole request. */
  #onEnd(): void {
    if (this.#closed || this.#stream.aborted || this.#stream.destroyed) return;
    this.#saidAll = true;
    const { framing = 'none', contentLength = 0 } = this.#request ?? {};
    if (framing === 'chunked') this.emit('data', Buffer.from(`0\r\n${this.#trailers}\r\n`, 'latin1'));
    else if (framing === 'tunnel' || this.#received < contentLength) this.emit('end');
  }

  #onClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.emit('close');
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    if (this.#mayFlow) this.#stream.resume();
  }

  isPaused(): boolean {
    return this.#mayFlow && this.#stream.isPaused();
  }

  // The answer's side.

  get writableLength(): number {
    return this.#stream.writableLength;
  }

  get writableHighWaterMark(): number {
    return this.#stream.writableHighWaterMark;
  }

  get writableNeedDrain(): boolean {
    return this.#stream.writableNeedDrain;
  }

  cork(): void {
    this.#stream.cork();
  }

  uncork(): void {
    this.#stream.uncork();
  }

  write(data: string | Buffer): boolean {
    const stream = this.#stream;
    if (this.#closed || stream.closed || stream.destroyed) return false;
    switch (this.#expected) {
      case 'head':
        if (typeof data === 'string') this.#writeHead(data);
        return true;
      case 'length':
        this.#remaining -= data.length;
        if (this.#remaining === 0) this.#expected = 'nothing';
        return this.#send(data);
      case 'chunked':
        return this.#writeChunks(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
      case 'tunnel':
        return this.#send(data);
      default:
        return true;
    }
  }

  #send(data: string | Buffer): boolean {
    return typeof data === 'string' ? this.#stream.write(data, 'latin1') : this.#stream.write(data);
  }

  /** A head comes in one piece, with the beginning of its body or without. */
  #writeHead(text: string): void {
    const stream = this.#stream;
    const head = this.#head;
    const { method = 'GET', framing: asked = 'none', websocketKey = '' } = this.#request ?? {};
    const length = head.parse(text);
    const fields = answerFields(head.forwarded, head.status);
    if (head.status === 101) {
      // A node that does not know how to make it speaks no WebSocket (RFC 6455 §4.1).
      if (asked !== 'tunnel' || fields['sec-websocket-accept'] !== acceptFor(websocketKey)) {
        this.#cutOff();
        return;
      }
      delete fields['sec-websocket-accept'];
      fields[':status'] = '200';
      this.#expected = 'tunnel';
      stream.respond(fields, { sendDate: false } as object);
      return;
    }
    if (head.status < 200) {
      stream.additionalHeaders(fields);
      return;
    }
    // A 2xx would be a tunnel to its client, and the body what comes out of it (RFC 8441 §5). `node:http2` throws at a
    // status of no known class.
    if ((asked === 'tunnel' && head.status < 300) || head.status > MAX_STATUS) {
      this.#cutOff();
      return;
    }
    const framing = head.framing(method);
    this.#remaining = head.contentLength;
    this.#expected = framing === 'chunked' || framing === 'length' ? framing : 'nothing';
    if (framing === 'chunked') {
      this.#reader = new ChunkedReader();
      stream.once('wantTrailers', () => stream.sendTrailers(trailerFields(this.#reader?.trailers ?? '')));
    }
    const options = { endStream: framing === 'none', waitForTrailers: framing === 'chunked', sendDate: false };
    stream.respond(fields, options);
    if (length < text.length) this.write(text.slice(length));
  }

  #writeChunks(bytes: Buffer): boolean {
    const reader = this.#reader;
    if (reader === undefined) return true;
    const stream = this.#stream;
    stream.cork();
    reader.feed(bytes, 0, bytes.length, this);
    stream.uncork();
    if (reader.done) this.#expected = 'nothing';
    return !stream.writableNeedDrain;
  }

  onChunkData(buffer: Buffer, start: number, end: number): void {
    this.#stream.write(buffer.subarray(start, end));
  }

  /** The answer is whole, or the tunnel's other side has ended; else what was sent must not look whole. */
  end(callback: () => void = ignore): void {
    const stream = this.#stream;
    if (this.#closed) {
      callback();
      return;
    }
    if (this.#expected !== 'nothing' && this.#expected !== 'tunnel') {
      this.#cutOff();
      return;
    }
    stream.end(() => {
      if (!this.#saidAll && this.#expected === 'nothing') this.#closeOnceSaid();
      stream.resume();
      callback();
    });
  }

  destroy(): void {
    if (this.#expected !== 'nothing') this.#cutOff();
    else this.#closeOnceSaid();
    this.#closeSoon();
  }

  destroySoon(): void {
    this.end();
  }

  resetAndDestroy(): void {
    this.#cutOff();
  }

  setKeepAlive(): void {}

  /**
   * No more is wanted of the request (RFC 9113 §8.1). Not at once: nghttp2 drops the head of an answer that it has not
   * written yet when its stream is reset, and writes nothing while it reads.
   */
  #closeOnceSaid(): void {
    const stream = this.#stream;
    setImmediate(() => {
      if (!stream.closed && !stream.destroyed) stream.close(NO_ERROR);
    });
  }

  /** `close` with an error code would say END_STREAM before RST_STREAM, and the answer would look whole. */
  #cutOff(): void {
    if (!this.#stream.destroyed) this.#stream.destroy(CUT_OFF);
    this.#closeSoon();
  }

  /** Over for those who use it, also where the client's connection takes nothing and no frame can go out. */
  #closeSoon(): void {
    if (!this.#closed) process.nextTick(() => this.#onClose());
  }
}

/** RFC 6455 §4.2.2. */
function acceptFor(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

function ignore(): void {}
