/**
 * One client's connection with HTTP/2: its session, the streams on it, and when it ends. Each stream becomes a client's
 * connection of one request.
 */
import { randomBytes } from 'node:crypto';
import { performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { AnswerHead } from '../../http/answer-head.ts';
import type { RefusalCode } from '../../http/refusals.ts';
import type { Http2Fault } from '../../http2/faults.ts';
import { FrameRules } from '../../http2/frame-rules.ts';
import { END_STREAM, ENHANCE_YOUR_CALM, NO_ERROR, PROTOCOL_ERROR } from '../../http2/frames.ts';
import { requestText } from '../../http2/request-text.ts';
import { NEVER, type Timed } from '../deadlines.ts';
import type { WorkerContext } from '../worker-context.ts';
import { GuardedSocket } from './guarded-socket.ts';
import { StreamSocket } from './stream-socket.ts';

export interface Http2Hooks {
  /** A stream has opened; with `refusal` its head is refused and nothing is said on it. */
  onStream(socket: StreamSocket, refusal: RefusalCode | undefined): void;
  onFault(fault: Http2Fault): void;
  onClosed(): void;
}

/** Beyond what a field line's name and value have (RFC 9113 §6.5.2). */
const FIELD_OVERHEAD = 32;
/** What a client may send of a body before it is taken, of each stream. */
const STREAM_WINDOW = 128 * 1024;
const CONNECTION_WINDOW = 1024 * 1024;
/** MB: what is read of a body and not taken, and of an answer and not sent. */
const STREAM_MEMORY = 0.5;
const SESSION_MEMORY = 10;
/** From the word that a connection will end to its end: what a client asked meanwhile is still answered. */
const NOTICE_MS = 1_000;
/** For the last words to arrive, as for `ClientConnection`. */
const LINGER_MS = 2_000;
/** Heads that were read once already. */
const ANY_HEAD = { head: Number.POSITIVE_INFINITY, headers: Number.POSITIVE_INFINITY, target: 0 };

/**
 * - `open`.
 * - `noticed`: the client has been told to open no more streams.
 * - `ending`: nothing new is taken; what goes on may.
 * - `over`: the last words are on their way.
 */
type State = 'open' | 'noticed' | 'ending' | 'over';

export class Http2Connection implements Timed {
  deadline: number;
  sweepIndex = -1;
  readonly #worker: WorkerContext;
  readonly #hooks: Http2Hooks;
  readonly #socket: Socket;
  readonly #tcp: Socket;
  readonly #encrypted: boolean;
  readonly #rules: FrameRules;
  readonly #guarded: GuardedSocket;
  readonly #session: ServerHttp2Session;
  readonly #head = new AnswerHead(ANY_HEAD);
  #state: State = 'open';
  #streams = 0;
  /** Nobody waits for the client to close. */
  #lastWords = false;
  /** The client itself has ended the connection with an error: nothing is known against it. */
  #leftInAnger = false;
  /** Something has begun to come that has to end in time. */
  #inHead = true;

  /** `tcp`: what `socket` is on, for a connection with TLS. */
  constructor(worker: WorkerContext, socket: Socket, hooks: Http2Hooks, tcp = socket) {
    const { limits, timeouts } = worker.config;
    const { deadlines } = worker;
    this.#worker = worker;
    this.#hooks = hooks;
    this.#socket = socket;
    this.#tcp = tcp;
    this.#encrypted = socket !== tcp;
    // A client may cut its cookies into as many lines again.
    const fields = 2 * limits.headers;
    const list = limits.head + FIELD_OVERHEAD * fields;
    this.#rules = new FrameRules({ headerBlock: list, streams: limits.streams }, deadlines);
    this.deadline = deadlines.now + timeouts.head;
    deadlines.add(this);
    socket.on('error', ignore);
    socket.on('close', () => this.#onClosed());
    this.#guarded = new GuardedSocket(socket, this.#rules, {
      onPiece: () => this.#keepPace(),
      onBreach: () => this.#obey(),
      onSent: () => {
        // Not amidst what nghttp2 does.
        if (this.#rules.verdict !== NO_ERROR) setImmediate(() => this.#obey());
      },
      onFinal: () => this.#onFinal(),
      onEnd: () => this.#end(NO_ERROR),
    });
    this.#session = performServerHandshake(this.#guarded as unknown as Socket, {
      settings: {
        maxConcurrentStreams: limits.streams,
        initialWindowSize: STREAM_WINDOW,
        maxHeaderListSize: list,
        enableConnectProtocol: true,
      },
      maxHeaderListPairs: fields,
      // Above it streams are reset: flow control of each stream bounds what waits, at less than this.
      maxSessionMemory: SESSION_MEMORY + limits.streams * STREAM_MEMORY,
    });
    const session = this.#session;
    session.on('goaway', (code) => {
      this.#leftInAnger = code !== NO_ERROR;
    });
    session.on('error', () => this.#onSessionError());
    session.on('stream', (stream, _fields, flags, list?: readonly string[]) =>
      this.#onStream(stream, flags, list ?? []),
    );
    session.once('connect', () => {
      if (!session.destroyed) session.setLocalWindowSize(CONNECTION_WINDOW);
    });
  }

  /** No more streams from now on, but for those that are on their way. */
  onShutdown(): void {
    if (this.#state !== 'open') return;
    this.#state = 'noticed';
    this.#guarded.notice();
    this.deadline = this.#worker.deadlines.now + NOTICE_MS;
  }

  /** Its streams have got their last words, which go out. */
  onShutdownDeadline(): void {
    if (this.#state === 'over') {
      this.#socket.destroySoon();
      return;
    }
    this.#lastWords = true;
    this.#finish();
    this.deadline = this.#worker.deadlines.now + LINGER_MS;
  }

  onDeadline(): void {
    this.deadline = NEVER;
    switch (this.#state) {
      case 'open':
        if (this.#inHead) this.#fail('timeout', ENHANCE_YOUR_CALM);
        else this.#finish();
        break;
      case 'noticed':
        this.#finish();
        break;
      case 'ending':
        if (this.#lastWords) this.#tcp.resetAndDestroy();
        else this.#end(NO_ERROR);
        break;
      case 'over':
        this.#tcp.resetAndDestroy();
        break;
    }
  }

  /** A stream has ended. */
  onStreamClosed(): void {
    this.#streams--;
    if (this.#streams > 0) return;
    if (this.#state === 'ending') this.deadline = this.#worker.deadlines.now + LINGER_MS;
    else if (this.#state === 'open' && !this.#inHead) this.#idle();
  }

  #onStream(stream: ServerHttp2Stream, flags: number, list: readonly string[]): void {
    stream.on('error', ignore);
    // Reset by the client before anybody looked at it: no node hears of it.
    if (stream.destroyed || stream.closed) return;
    const request = requestText(list, (flags & END_STREAM) !== 0, newWebsocketKey);
    const socket = new StreamSocket({
      stream,
      remoteAddress: this.#socket.remoteAddress,
      encrypted: this.#encrypted,
      head: this.#head,
    });
    this.#streams++;
    if (this.#state === 'open' && !this.#inHead) this.deadline = NEVER;
    if ('refusal' in request) {
      socket.refuse();
      this.#hooks.onStream(socket, request.refusal);
    } else {
      this.#hooks.onStream(socket, undefined);
      socket.begin(request);
    }
  }

  /** Of the rules, or of nghttp2, which does not tell and reads no further then. */
  #obey(): void {
    this.#fail(this.#rules.fault ?? 'protocol', this.#rules.verdict || PROTOCOL_ERROR);
  }

  /** The deadline of a head, or of any frame but data, runs from its first byte and is not moved by the next ones. */
  #keepPace(): void {
    if (this.#state !== 'open') return;
    const inHead = this.#guarded.inFrame || this.#rules.inBlock;
    if (inHead === this.#inHead) return;
    this.#inHead = inHead;
    if (inHead) this.deadline = this.#worker.deadlines.now + this.#worker.config.timeouts.head;
    else if (this.#streams > 0) this.deadline = NEVER;
    else this.#idle();
  }

  #idle(): void {
    this.deadline = this.#worker.deadlines.now + this.#worker.config.timeouts.idle;
  }

  /** Ends once its streams have. */
  #finish(): void {
    this.#state = 'ending';
    if (this.#streams === 0) this.deadline = this.#worker.deadlines.now + LINGER_MS;
    this.#session.close();
  }

  #fail(fault: Http2Fault, code: number): void {
    if (this.#state === 'over') return;
    this.#hooks.onFault(fault);
    this.#end(code);
  }

  /** Ends now: streams are cut off. */
  #end(code: number): void {
    if (this.#state === 'over') return;
    this.#over();
    this.#guarded.finish(this.#rules.lastStream, code);
    this.#session.destroy();
  }

  #over(): void {
    this.#state = 'over';
    this.deadline = this.#worker.deadlines.now + LINGER_MS;
  }

  /** Of what nghttp2 finds, only a part is told like this; see `FrameRules.verdict`. */
  #onSessionError(): void {
    if (this.#leftInAnger) this.#end(NO_ERROR);
    else this.#fail('protocol', PROTOCOL_ERROR);
  }

  #onFinal(): void {
    // It ends for an error that it says nothing of while it waits for a write.
    if (!this.#rules.saidGoaway) this.#onSessionError();
    if (this.#state !== 'over') this.#over();
    if (this.#lastWords) this.#socket.destroySoon();
    this.#socket.resume();
  }

  #onClosed(): void {
    this.#worker.deadlines.remove(this);
    this.#state = 'over';
    this.#hooks.onClosed();
  }
}

/** RFC 6455 §4.1. */
function newWebsocketKey(): string {
  return randomBytes(16).toString('base64');
}

function ignore(): void {}
