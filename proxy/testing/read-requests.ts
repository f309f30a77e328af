/** Reads a client's bytes as a client connection does, without sockets: what would be sent to a node. */
import { Writable } from 'node:stream';
import { type Forwarding, requestHeadFor } from '../http/forward-request.ts';
import type { RefusalCode } from '../http/refusals.ts';
import { type HeadLimits, RequestHead } from '../http/request-head.ts';
import { RequestBody } from '../traffic/request-body.ts';

export const LIMITS: HeadLimits = { head: 16 * 1024, headers: 100, target: 8 * 1024 };
const BODY_LIMIT = 1024 * 1024;

const STRANGER: Forwarding = {
  peer: '127.0.0.1',
  trusted: false,
  proto: 'http',
  http2: false,
  via: 'cobrowse-proxy',
  requestIdHeader: 'X-Request-Id',
};

export interface ReadRequest {
  /** The client's own bytes, latin1. */
  readonly received: string;
  /** Another request may follow on the client's connection. */
  readonly keepAlive: boolean;
  readonly method: string;
  readonly target: string;
  /** All that a node would get of it, latin1. */
  readonly sent: string;
  readonly body: string;
}

export interface Reading {
  /** The requests that are forwarded, in order. */
  readonly requests: readonly ReadRequest[];
  /** Why no more is read: a refusal, bytes that are missing, or the end of the last request. */
  readonly end: RefusalCode | 'incomplete' | 'complete';
}

/** `pieces`: what the reads of the socket bring. */
export function readRequests(pieces: readonly Buffer[], forwarding = STRANGER, limits = LIMITS): Reading {
  const reader = new RequestReader(forwarding, limits);
  for (const piece of pieces) reader.feed(piece);
  return reader.reading();
}

class RequestReader {
  readonly #forwarding: Forwarding;
  readonly #limits: HeadLimits;
  readonly #head: RequestHead;
  readonly #requests: ReadRequest[] = [];
  #unread: Buffer = Buffer.alloc(0);
  #body: RequestBody | undefined;
  #sent: Buffer[] = [];
  #received = '';
  #refusal: RefusalCode | undefined;
  #closed = false;

  constructor(forwarding: Forwarding, limits: HeadLimits) {
    this.#forwarding = forwarding;
    this.#limits = limits;
    this.#head = new RequestHead(limits, forwarding.requestIdHeader, forwarding.trusted);
  }

  feed(piece: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, piece]);
    while (this.#unread.length > 0 && this.#refusal === undefined && !this.#closed) {
      if (!(this.#body === undefined ? this.#readHead() : this.#readBody(this.#body))) return;
    }
  }

  reading(): Reading {
    const begun = this.#unread.length > 0 || this.#body !== undefined;
    return { requests: this.#requests, end: this.#refusal ?? (begun && !this.#closed ? 'incomplete' : 'complete') };
  }

  /** False when more bytes are needed. */
  #readHead(): boolean {
    const head = this.#head;
    const length = head.parse(this.#unread.toString('latin1', 0, this.#limits.head + 1));
    if (length === 0) return false;
    if (length < 0) {
      this.#refusal = head.refusal;
      return true;
    }
    this.#take(length);
    const sent: Buffer[] = [];
    this.#sent = sent;
    const text = requestHeadFor(head, head.target, 'node.test:80', this.#forwarding, 'id');
    if (!head.hasBody) {
      sent.push(Buffer.from(text, 'latin1'));
      this.#forwarded();
      return true;
    }
    this.#body = new RequestBody(head, BODY_LIMIT);
    const node = new Writable({
      decodeStrings: true,
      write(chunk: Buffer, _encoding, done) {
        sent.push(chunk);
        done();
      },
    });
    this.#body.begin(node, text);
    return true;
  }

  #readBody(body: RequestBody): boolean {
    const progress = body.feed(this.#unread);
    if (progress === 'malformed' || progress === 'too-large') {
      this.#refusal = progress === 'malformed' ? 'bad_framing' : 'body_too_large';
      return true;
    }
    this.#take(body.used);
    if (progress === 'more') return false;
    this.#body = undefined;
    this.#forwarded();
    return true;
  }

  #take(bytes: number): void {
    this.#received += this.#unread.toString('latin1', 0, bytes);
    this.#unread = this.#unread.subarray(bytes);
  }

  #forwarded(): void {
    const { method, target, keepAlive, chunked } = this.#head;
    const sent = Buffer.concat(this.#sent).toString('latin1');
    const rest = sent.slice(sent.indexOf('\r\n\r\n') + 4);
    const body = chunked ? dataOf(rest) : rest;
    this.#requests.push({ received: this.#received, keepAlive, method, target, sent, body });
    this.#received = '';
    this.#closed = !keepAlive;
  }
}

/** The data of a chunked body as the proxy itself writes it. */
function dataOf(coding: string): string {
  let data = '';
  let position = 0;
  for (;;) {
    const lineEnd = coding.indexOf('\r\n', position);
    const size = Number.parseInt(coding.slice(position, lineEnd), 16);
    if (Number.isNaN(size)) throw new Error(`no chunk at ${position} of ${JSON.stringify(coding)}`);
    if (size === 0) return data;
    data += coding.slice(lineEnd + 2, lineEnd + 2 + size);
    position = lineEnd + 2 + size + 2;
  }
}
