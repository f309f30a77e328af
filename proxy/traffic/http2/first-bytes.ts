/** A connection without TLS whose client may speak either: how it begins tells (RFC 9113 §3.3). */
import type { Socket } from 'node:net';
import { PREFACE } from '../../http2/frames.ts';
import type { Timed } from '../deadlines.ts';
import type { WorkerContext } from '../worker-context.ts';

export interface FirstBytesHooks {
  /** Nothing is lost of what has come; the socket is paused. */
  onTold(first: FirstBytes, http2: boolean): void;
  /** Closed, untold. */
  onGone(first: FirstBytes): void;
}

export class FirstBytes implements Timed {
  readonly socket: Socket;
  deadline: number;
  sweepIndex = -1;
  readonly #worker: WorkerContext;
  readonly #hooks: FirstBytesHooks;
  #bytes: Buffer | undefined;
  readonly #onData = (chunk: Buffer): void => this.#look(chunk);
  readonly #onClose = (): void => {
    this.#worker.deadlines.remove(this);
    this.#hooks.onGone(this);
  };

  constructor(worker: WorkerContext, socket: Socket, hooks: FirstBytesHooks) {
    this.socket = socket;
    this.#worker = worker;
    this.#hooks = hooks;
    this.deadline = worker.deadlines.now + worker.config.timeouts.head;
    worker.deadlines.add(this);
    socket.on('error', ignore);
    socket.on('data', this.#onData);
    socket.on('end', drop);
    socket.on('close', this.#onClose);
  }

  onDeadline(): void {
    this.drop();
  }

  drop(): void {
    this.socket.destroy();
  }

  #look(chunk: Buffer): void {
    const bytes = this.#bytes === undefined ? chunk : Buffer.concat([this.#bytes, chunk]);
    const length = Math.min(bytes.length, PREFACE.length);
    const alike = PREFACE.compare(bytes, 0, length, 0, length) === 0;
    if (alike && length < PREFACE.length) {
      this.#bytes = bytes;
      return;
    }
    const { socket } = this;
    this.#worker.deadlines.remove(this);
    socket.off('data', this.#onData);
    socket.off('end', drop);
    socket.off('close', this.#onClose);
    socket.pause();
    socket.unshift(bytes);
    this.#hooks.onTold(this, alike);
  }
}

function drop(this: Socket): void {
  this.destroy();
}

function ignore(): void {}
