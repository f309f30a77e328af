/**
 * Between a client's socket and `node:http2`: shows every frame, both ways, to the rules before it goes on. The price
 * is that bytes pass through JavaScript, 9 µs of some 60 for a small request.
 */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { FrameRules } from '../../http2/frame-rules.ts';
import { FrameScanner } from '../../http2/frame-scanner.ts';
import { goawayFrame, MAX_STREAM_ID, NO_ERROR, PREFACE } from '../../http2/frames.ts';

/** As much as one read. */
const HIGH_WATER = 64 * 1024;

export interface GuardHooks {
  /** A piece has come and is handed on. */
  onPiece(): void;
  /** What comes from now on is dropped. */
  onBreach(): void;
  /** Frames have gone out. */
  onSent(): void;
  /** `node:http2` has said all that it will. */
  onFinal(): void;
  /** The client has closed its side: it waits for nothing any more. */
  onEnd(): void;
}

export class GuardedSocket extends Duplex {
  readonly #socket: Socket;
  readonly #hooks: GuardHooks;
  readonly #inbound: FrameScanner;
  readonly #outbound: FrameScanner;
  readonly #pass = (range: Buffer): void => {
    if (!this.push(range)) this.#socket.pause();
  };
  /** Bytes of the preface that have come. */
  #preface = 0;
  #stopped = false;
  #mute = false;

  constructor(socket: Socket, rules: FrameRules, hooks: GuardHooks) {
    super({ highWaterMark: HIGH_WATER });
    this.#socket = socket;
    this.#hooks = hooks;
    this.#inbound = new FrameScanner((frame) => rules.inbound(frame));
    this.#outbound = new FrameScanner((frame) => rules.outbound(frame));
    socket.on('data', (piece) => this.#onData(piece));
    socket.on('end', () => hooks.onEnd());
    socket.on('close', () => this.destroy());
  }

  /** Something has begun to come that is not data, and has not ended. */
  get inFrame(): boolean {
    return this.#preface < PREFACE.length || this.#inbound.inFrame;
  }

  /**
   * Tells the client to open no more streams, of which those on their way are still taken (RFC 9113 §6.8). By
   * `node:http2` it would make nghttp2 overhear them.
   */
  notice(): void {
    if (!this.#mute && this.#outbound.atBoundary) this.#socket.write(goawayFrame(MAX_STREAM_ID, NO_ERROR));
  }

  /**
   * Ends the connection with these last words; what `node:http2` still says or hears is dropped. It would leave out its
   * own GOAWAY while it waits for a write.
   */
  finish(lastStream: number, code: number): void {
    if (this.#mute || this.destroyed) return;
    this.#stopped = true;
    this.#mute = true;
    if (this.#outbound.atBoundary) this.#socket.write(goawayFrame(lastStream, code));
    this.#socket.end();
    this.#socket.resume();
  }

  #onData(piece: Buffer): void {
    if (this.#stopped || this.destroyed) return;
    if (!this.#read(piece)) {
      this.#stopped = true;
      this.#hooks.onBreach();
    } else this.#hooks.onPiece();
  }

  /** False for what breaks the rules. */
  #read(piece: Buffer): boolean {
    const missing = PREFACE.length - this.#preface;
    if (missing === 0) return this.#inbound.feed(piece, this.#pass);
    const part = Math.min(missing, piece.length);
    if (PREFACE.compare(piece, 0, part, this.#preface, this.#preface + part) !== 0) return false;
    this.#preface += part;
    this.#pass(piece.subarray(0, part));
    return part === piece.length || this.#inbound.feed(piece.subarray(part), this.#pass);
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    if (this.#mute) {
      callback();
      return;
    }
    this.#outbound.feed(chunk, ignore);
    this.#socket.write(chunk, callback);
    this.#hooks.onSent();
  }

  override _writev(chunks: { readonly chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    if (this.#mute) {
      callback();
      return;
    }
    const socket = this.#socket;
    socket.cork();
    const last = chunks.length - 1;
    for (let i = 0; i <= last; i++) {
      const { chunk } = chunks[i] as { readonly chunk: Buffer };
      this.#outbound.feed(chunk, ignore);
      if (i < last) socket.write(chunk);
      else socket.write(chunk, callback);
    }
    socket.uncork();
    this.#hooks.onSent();
  }

  override _final(callback: () => void): void {
    this.#hooks.onFinal();
    if (this.#mute) callback();
    else this.#socket.end(() => callback());
  }
}

function ignore(): void {}
