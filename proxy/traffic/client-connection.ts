/**
 * One client's connection: reads heads strictly, one exchange at a time and in order (pipelined requests wait in
 * `unread`), and closes so that the last answer arrives.
 */
import type { Forwarding } from '../http/forward-request.ts';
import { CR, LF } from '../http/grammar.ts';
import type { RefusalCode } from '../http/refusals.ts';
import { RequestHead } from '../http/request-head.ts';
import type { ClientSocket } from './client-socket.ts';
import { NEVER, type Timed } from './deadlines.ts';
import type { ListenerRules } from './listener-rules.ts';
import { HIGH_WATER } from './outlet.ts';
import { refuseHead } from './refused-head.ts';
import type { WorkerContext } from './worker-context.ts';
import type { SentListener } from './write-batch.ts';

/** An exchange, and after a 101 a tunnel. */
export interface ClientUser {
  onClientData(chunk: Buffer): void;
  onClientEnd(): void;
  onClientDrain(): void;
  onClientDeadline(): void;
  /** The time to finish is over: end now. */
  onShutdown(): void;
  /** A node was found dead. */
  onNodeDown(node: string): void;
  /** A node was ejected that may only be pausing; `onNodeDown` follows if it is dead. */
  onNodeSilent(node: string): void;
  /** Some node has stopped answering; `now` in ms of the monotonic clock. */
  onStalls(now: number): void;
  /** The last call. */
  onClientClosed(): void;
}

export interface ClientHooks {
  /** A request head of that many bytes is read: `use` the connection and answer. */
  onRequest(client: ClientConnection, headLength: number): void;
  onClosed(client: ClientConnection): void;
}

/** Pipelined bytes kept while an exchange is under way; more is left in the kernel. */
const MAX_UNREAD = 64 * 1024;
/**
 * How long a connection is read on after the last answer. Closing at once would send an RST for bytes still arriving,
 * and with it the client would lose the answer (RFC 9112 §9.6).
 */
const LINGER_MS = 2_000;

type State = 'reading' | 'used' | 'lingering';

const CONNECTION = Symbol('connection');

/** Node.js makes the sockets of clients, so that they cannot be of a class of our own. */
interface OwnedSocket extends ClientSocket {
  [CONNECTION]?: ClientConnection;
}

export class ClientConnection implements Timed, SentListener {
  readonly socket: ClientSocket;
  /** The request's; of a tunnel, an empty one. */
  head: RequestHead;
  /** What nodes are told of this client. */
  readonly forwarding: Forwarding;
  readonly rules: ListenerRules;
  deadline: number;
  sweepIndex = -1;
  /** Bytes received and not used up yet. */
  unread: Buffer | undefined;
  /** The client has closed its sending side. */
  ended = false;
  #state: State = 'reading';
  #user: ClientUser | undefined;
  readonly #worker: WorkerContext;
  readonly #hooks: ClientHooks;
  #advancing = false;
  #inHead = false;
  /** Has not taken its last answers yet. */
  #lagging = false;
  readonly #tcp: ClientSocket;

  /**
   * @param tcp what `socket` is on, for a connection with TLS
   * @param source the client's address as a PROXY header says it, '' when that does not know it; undefined without one
   */
  constructor(
    worker: WorkerContext,
    socket: ClientSocket,
    hooks: ClientHooks,
    rules: ListenerRules,
    tcp = socket,
    source?: string,
  ) {
    this.#tcp = tcp;
    this.rules = rules;
    this.#worker = worker;
    this.#hooks = hooks;
    this.socket = socket;
    const { via, requestIdHeader } = worker.config.forwarding;
    const peer = worker.peers.normalize(source || (socket.remoteAddress ?? ''));
    // Whoever passes connections on adds nothing to requests: what these say is of a client that nobody knows.
    const trusted = source !== '' && worker.peers.isTrusted(peer);
    const { encrypted = false, http2 = false } = socket;
    this.forwarding = { peer, trusted, proto: encrypted ? 'https' : 'http', http2, via, requestIdHeader };
    this.head = new RequestHead(worker.config.limits, requestIdHeader, trusted);
    // A connection that never says anything has as long as one that is slow to say its first head.
    this.deadline = worker.deadlines.now + worker.config.timeouts.head;
    worker.deadlines.add(this);
    // The same functions for all sockets, as in `NodeSocket`.
    const owned: OwnedSocket = socket;
    owned[CONNECTION] = this;
    owned.on('data', received);
    owned.on('end', ended);
    owned.on('drain', drained);
    owned.on('error', ignore);
    owned.on('close', closed);
  }

  /** Nothing further can come: no request, and none is waiting. */
  get saidAll(): boolean {
    return this.ended && this.unread === undefined;
  }

  /** No request follows: what was parsed is not kept for as long as a tunnel is open. */
  dropHead(): void {
    this.head = this.#worker.spentHeads.request;
  }

  /** Who gets the events from now on: an exchange, then perhaps its tunnel. */
  use(user: ClientUser): void {
    this.#user = user;
  }

  /** The exchange has ended and its answer is written: on to the next request, or close. */
  release(keepAlive: boolean): void {
    this.#user = undefined;
    if (!keepAlive || this.#worker.closing || this.saidAll) {
      if (this.#isOver) this.#leave();
      else this.close();
      return;
    }
    this.#state = 'reading';
    this.#inHead = false;
    this.deadline = this.#worker.deadlines.now + this.#worker.config.timeouts.idle;
    this.#readOn();
    this.#advance();
  }

  /** A request is refused before any head of it is read. */
  refuse(code: RefusalCode): void {
    refuseHead(this.#worker, this, code);
  }

  /** Sends what is written, then closes; what still arrives is read and dropped for a while. */
  close(): void {
    if (this.#state === 'lingering') return;
    this.#state = 'lingering';
    this.#user = undefined;
    this.unread = undefined;
    const { closing, config, deadlines } = this.#worker;
    this.deadline = deadlines.now + (closing ? LINGER_MS : config.timeouts.stall);
    if (this.socket.isPaused()) this.socket.resume();
    this.socket.end(() => {
      this.deadline = deadlines.now + LINGER_MS;
    });
  }

  /**
   * The client says nothing more: it has closed its side, or has asked for the connection to be closed (RFC 9112 §9.6).
   * After a body it may: old ones send an empty line (RFC 9112 §2.2).
   */
  get #isOver(): boolean {
    const { head } = this;
    return this.unread === undefined && (this.ended || (!head.keepAlive && !head.hasBody));
  }

  /**
   * Closes as soon as the kernel has the answer, a plain connection at the end of the turn at the earliest: nothing can
   * come for which it would send an RST in its place.
   */
  #leave(): void {
    this.#state = 'lingering';
    const { closing, config, deadlines } = this.#worker;
    this.deadline = deadlines.now + (closing ? LINGER_MS : config.timeouts.stall);
    if (this.socket === this.#tcp) this.#worker.writes.whenSent(this);
    else this.socket.destroySoon();
  }

  /**
   * Where the kernel has taken all of it, the connection is spared the shutdown, the client's end and all that is made
   * of them: 6 to 20 % of what a connection for one request takes.
   */
  onSent(): void {
    if (this.socket.writableLength === 0) this.socket.destroy();
    else this.socket.destroySoon();
  }

  /** Closes so that the client sees a broken answer: nothing of it may look complete. */
  abort(): void {
    this.#user = undefined;
    this.#tcp.resetAndDestroy();
  }

  /** Keeps bytes that are not used yet. */
  keep(chunk: Buffer): void {
    this.unread = this.unread === undefined ? chunk : Buffer.concat([this.unread, chunk]);
    if (this.unread.length > MAX_UNREAD) this.socket.pause();
  }

  onNodeDown(node: string): void {
    this.#user?.onNodeDown(node);
  }

  onNodeSilent(node: string): void {
    this.#user?.onNodeSilent(node);
  }

  onStalls(now: number): void {
    this.#user?.onStalls(now);
  }

  onShutdown(): void {
    if (this.#state === 'reading' && this.unread === undefined) this.close();
  }

  onShutdownDeadline(): void {
    if (this.#state !== 'used') {
      this.#drop();
      return;
    }
    this.#user?.onShutdown();
    // The last words go out, but nobody waits for what the client may still say.
    this.socket.destroySoon();
  }

  onDeadline(): void {
    this.deadline = NEVER;
    if (this.#state === 'used') this.#user?.onClientDeadline();
    else if (this.#state !== 'reading' || this.unread === undefined || this.#lagging) this.#drop();
    else refuseHead(this.#worker, this, 'request_timeout');
  }

  /** An answer that is cut off by this must not look complete, as it would after a plain close. */
  #drop(): void {
    if (this.socket.writableLength > 0) this.abort();
    else this.socket.destroy();
  }

  onDrain(): void {
    this.#user?.onClientDrain();
    if (!this.#lagging || this.#state !== 'reading') return;
    this.deadline = this.#worker.deadlines.now + this.#worker.config.timeouts.idle;
    this.#readOn();
    this.#advance();
  }

  /** Unless there is enough to do: each answer would make room for another buffer full of requests. */
  #readOn(): void {
    if (this.socket.isPaused() && (this.unread === undefined || this.unread.length <= MAX_UNREAD)) this.socket.resume();
  }

  /** A client that does not take its answers gets no further ones and is not read on: they would pile up here. */
  #lags(): boolean {
    this.#lagging = this.socket.writableLength > HIGH_WATER;
    if (this.#lagging) {
      this.socket.pause();
      this.deadline = this.#worker.deadlines.now + this.#worker.config.timeouts.stall;
    }
    return this.#lagging;
  }

  onData(chunk: Buffer): void {
    if (this.#state === 'used') {
      this.#user?.onClientData(chunk);
      return;
    }
    if (this.#state === 'lingering') return;
    // While no line has ended, there is nothing new to parse: a head that comes byte by byte costs no more than its
    // size.
    const before = this.unread;
    this.unread = before === undefined ? chunk : Buffer.concat([before, chunk]);
    if (before !== undefined && !chunk.includes(0x0a) && this.unread.length <= this.#worker.config.limits.target)
      return;
    this.#advance();
  }

  /** Begins exchanges from what was read. A loop: answers given at once must not nest. */
  #advance(): void {
    if (this.#advancing) return;
    this.#advancing = true;
    while (this.#state === 'reading' && !this.#lags() && this.unread !== undefined) {
      const { unread } = this;
      const limit = Math.min(unread.length, this.#worker.config.limits.head + 1);
      const length = this.head.parse(unread.toString('latin1', 0, limit), this.#worker.tracing !== undefined);
      if (length === 0) {
        // A head may have more bytes than are kept of pipelined requests.
        if (this.socket.isPaused()) this.socket.resume();
        // An old client's empty line after a body is no beginning of a request (RFC 9112 §2.2).
        if (unread.length === 2 && unread[0] === CR && unread[1] === LF) this.unread = undefined;
        if (this.saidAll) this.close();
        else if (this.unread !== undefined) this.#awaitHead();
        break;
      }
      if (length < 0) {
        refuseHead(this.#worker, this, this.head.refusal);
        break;
      }
      this.unread = length < unread.length ? unread.subarray(length) : undefined;
      this.#state = 'used';
      this.deadline = NEVER;
      this.#hooks.onRequest(this, length);
    }
    this.#advancing = false;
  }

  /** The deadline of a head runs from its first byte and is not moved by the next ones (slowloris). */
  #awaitHead(): void {
    if (this.ended) {
      refuseHead(this.#worker, this, 'bad_request');
    } else if (!this.#inHead) {
      this.#inHead = true;
      this.deadline = this.#worker.deadlines.now + this.#worker.config.timeouts.head;
    }
  }

  onEnd(): void {
    this.ended = true;
    if (this.#state === 'used') this.#user?.onClientEnd();
    else if (this.#state === 'reading' && this.unread !== undefined) refuseHead(this.#worker, this, 'bad_request');
    else if (this.#state === 'reading') this.close();
  }

  onClose(): void {
    this.#worker.deadlines.remove(this);
    this.#hooks.onClosed(this);
    const user = this.#user;
    this.#user = undefined;
    this.#state = 'lingering';
    user?.onClientClosed();
  }
}

function received(this: OwnedSocket, chunk: Buffer): void {
  this[CONNECTION]?.onData(chunk);
}

function ended(this: OwnedSocket): void {
  this[CONNECTION]?.onEnd();
}

function drained(this: OwnedSocket): void {
  this[CONNECTION]?.onDrain();
}

function closed(this: OwnedSocket): void {
  this[CONNECTION]?.onClose();
}

/** The 'close' that follows an error says all there is to know: the client is gone. */
function ignore(): void {}
