/** Connections that have to say first whose they are (PROXY protocol), before TLS and HTTP. */
import type { Socket } from 'node:net';
import type { ConnectionRefusal } from '../observe/labels.ts';
import { readProxyHeader } from '../proxy-protocol/proxy-header.ts';
import { NEVER, type Timed } from './deadlines.ts';
import type { Manner } from './listener.ts';
import type { WorkerContext } from './worker-context.ts';

export interface ProxyHeaderHooks {
  /**
   * The header is read and away; what has come behind it is back in `tcp`, which is paused.
   * @param source the client's address, '' when its proxy does not say
   */
  readonly onRead: (tcp: Socket, source: string, manner: Manner) => void;
  /** A connection has closed that did not come to `onRead`. */
  readonly onGone: () => void;
}

export class ProxyHeaders {
  readonly #worker: WorkerContext;
  readonly #hooks: ProxyHeaderHooks;
  readonly #open = new Set<PendingHeader>();

  constructor(worker: WorkerContext, hooks: ProxyHeaderHooks) {
    this.#worker = worker;
    this.#hooks = hooks;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Only from those who are trusted to say so. */
  read(tcp: Socket, manner: Manner): void {
    const pending = new PendingHeader(tcp, {
      deadline: this.#worker.deadlines.now + this.#worker.config.timeouts.handshake,
      onRead: (source) => {
        this.#leave(pending);
        this.#hooks.onRead(tcp, source, manner);
      },
      onRefused: (why) => this.#worker.refuseConnection(tcp, why),
      onGone: () => {
        this.#leave(pending);
        this.#hooks.onGone();
      },
    });
    this.#open.add(pending);
    this.#worker.deadlines.add(pending);
    const { peers } = this.#worker;
    const { remoteAddress } = tcp;
    // A health check resets its connection, perhaps before anybody could see whose it is.
    if (remoteAddress === undefined) pending.destroy();
    else if (!peers.isTrusted(peers.normalize(remoteAddress))) pending.refuse('proxy-untrusted');
  }

  /** The worker shuts down. */
  end(): void {
    for (const pending of [...this.#open]) pending.destroy();
  }

  #leave(pending: PendingHeader): void {
    if (this.#open.delete(pending)) this.#worker.deadlines.remove(pending);
  }
}

interface PendingOptions {
  readonly deadline: number;
  readonly onRead: (source: string) => void;
  readonly onRefused: (why: ConnectionRefusal) => void;
  readonly onGone: () => void;
}

class PendingHeader implements Timed {
  deadline: number;
  sweepIndex = -1;
  readonly #tcp: Socket;
  readonly #options: PendingOptions;
  #bytes: Buffer | undefined;

  constructor(tcp: Socket, options: PendingOptions) {
    this.#tcp = tcp;
    this.#options = options;
    this.deadline = options.deadline;
    tcp.on('data', this.#onData);
    tcp.on('end', this.#onEnd);
    tcp.on('error', ignore);
    tcp.on('close', options.onGone);
  }

  refuse(why: ConnectionRefusal): void {
    this.deadline = NEVER;
    this.#options.onRefused(why);
  }

  destroy(): void {
    this.#tcp.destroy();
  }

  onDeadline(): void {
    this.refuse('proxy-timeout');
  }

  readonly #onData = (chunk: Buffer): void => {
    const tcp = this.#tcp;
    const bytes = this.#bytes === undefined ? chunk : Buffer.concat([this.#bytes, chunk]);
    const header = readProxyHeader(bytes);
    if (header.state === 'incomplete') this.#bytes = bytes;
    else if (header.state === 'malformed') this.refuse('proxy-malformed');
    else {
      tcp.pause();
      tcp.off('data', this.#onData).off('end', this.#onEnd).off('error', ignore).off('close', this.#options.onGone);
      if (header.length < bytes.length) tcp.unshift(bytes.subarray(header.length));
      this.#options.onRead(header.source);
    }
  };

  /** Who says nothing at all only looks whether there is a listener. */
  readonly #onEnd = (): void => {
    if (this.#bytes === undefined) this.destroy();
    else this.refuse('proxy-malformed');
  };
}

/** The 'close' that follows says all there is to know. */
function ignore(): void {}
