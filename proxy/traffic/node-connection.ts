/** One connection to a node: its socket, its place in the idle list, and who uses it at the moment. */
import { AnswerHead } from '../http/answer-head.ts';
import type { NodeSnapshot } from '../pool/view.ts';
import type { NodeTls } from '../tls/node-tls.ts';
import { NEVER, type Timed } from './deadlines.ts';
import { NodeSocket, type NodeStream, type SocketOwner } from './node-socket.ts';
import { connectSecurely } from './secure-node-socket.ts';
import type { WorkerContext } from './worker-context.ts';

/** An exchange, and after its 101 a tunnel. */
export interface NodeUser {
  onNodeConnected(): void;
  /** Bytes [0, length) of a buffer that is overwritten when this returns, or by the next read: see `lends`. */
  onNodeData(buffer: Buffer, length: number): void;
  onNodeEnd(): void;
  onNodeDrain(): void;
  onNodeDeadline(): void;
  /** The last call. */
  onNodeClosed(error: NodeJS.ErrnoException | undefined): void;
}

/** What a connection that carries bulk reads at most at once: with twice as much, 1 MB takes half as many turns. */
const BULK_BYTES = 128 * 1024;

export class NodeConnection implements Timed, SocketOwner {
  readonly node: NodeSnapshot;
  readonly socket: NodeStream;
  /** undefined for a plain connection. */
  readonly tls: NodeTls | undefined;
  /** The answer's; of a tunnel, an empty one. */
  head: AnswerHead;
  user: NodeUser | undefined;
  connected = false;
  /** Has carried an exchange before the present one. */
  reused = false;
  /** Since when it is idle, ms of the deadline clock. */
  idleSince = 0;
  deadline = NEVER;
  sweepIndex = -1;
  readonly #worker: WorkerContext;
  readonly #onClosed: (connection: NodeConnection) => void;
  #error: NodeJS.ErrnoException | undefined;
  #open = true;
  /** A read buffer of its own, while it carries bulk. */
  #bulk: Buffer | undefined;

  constructor(worker: WorkerContext, node: NodeSnapshot, user: NodeUser, onClosed: (closed: NodeConnection) => void) {
    this.#worker = worker;
    this.#onClosed = onClosed;
    this.node = node;
    this.user = user;
    this.head = new AnswerHead(worker.config.limits);
    this.deadline = worker.deadlines.now + worker.config.timeouts.connect;
    // `onread` spares the stream machinery and a 64 KiB allocation for every read; all node connections of a worker
    // share one buffer, because a read is used up before the next one begins. Asked for again after each read.
    const onread = {
      buffer: () => this.#bulk ?? worker.readBuffer,
      callback: (length: number, buffer: Uint8Array) => {
        this.#onData(buffer as Buffer, length);
        return true;
      },
    };
    this.tls = node.scheme === 'http' ? undefined : worker.tlsTo(node.name);
    if (this.tls === undefined) {
      const plain = new NodeSocket(this, { allowHalfOpen: true, onread });
      this.socket = plain;
      if (node.scheme === 'http') plain.connect({ host: node.host, port: node.port, noDelay: true });
      // A reload has taken it away: never in clear what should be secret.
      else plain.destroy();
    } else this.socket = connectSecurely(this, this.tls, onread);
    worker.deadlines.add(this);
    worker.stats.nodeConnections[node.index] = (worker.stats.nodeConnections[node.index] ?? 0) + 1;
  }

  /** Open, and so fit to be leased. */
  get usable(): boolean {
    return this.#open && !this.socket.destroyed && this.tls?.retired !== true;
  }

  /**
   * The read that is being told went to a buffer of this connection's own: it may be written as it is, provided that
   * no other read begins before it is taken.
   */
  get lends(): boolean {
    return this.#bulk !== undefined;
  }

  /** An exchange has ended; its last bytes may not be taken yet, so their buffer is not used again. */
  endBulk(): void {
    this.#bulk = undefined;
  }

  /** No answer follows: as the client's `dropHead`. */
  dropHead(): void {
    this.head = this.#worker.spentHeads.answer;
  }

  destroy(): void {
    this.socket.destroy();
  }

  onDeadline(): void {
    this.deadline = NEVER;
    if (this.user === undefined) this.destroy();
    else this.user.onNodeDeadline();
  }

  onConnect(): void {
    this.connected = true;
    this.deadline = NEVER;
    if (this.user === undefined) this.destroy();
    else this.user.onNodeConnected();
  }

  #onData(buffer: Buffer, length: number): void {
    // Bytes that nobody asked for must never be taken for the answer to the next request (response-queue poisoning).
    if (this.user === undefined) {
      this.destroy();
      return;
    }
    this.user.onNodeData(buffer, length);
    // A read that fills the shared buffer has left something in the kernel, which one of TLS, a record of 16 KiB at
    // most, never does: that is good, as the next record may be read though the socket is paused, over what is lent;
    // one that leaves half of its own one empty has not, and a tunnel that falls quiet then must not keep it.
    if (this.#bulk === undefined) {
      if (length === buffer.length && this.user !== undefined) this.#bulk = Buffer.allocUnsafeSlow(BULK_BYTES);
    } else if (length * 2 < buffer.length) this.#bulk = undefined;
  }

  onEnd(): void {
    // Within the handshake: the error that follows says so.
    if (!this.connected) return;
    if (this.user === undefined) this.destroy();
    else this.user.onNodeEnd();
  }

  onDrain(): void {
    this.user?.onNodeDrain();
  }

  onError(error: NodeJS.ErrnoException): void {
    this.#error = error;
  }

  onClose(): void {
    this.#open = false;
    this.#worker.deadlines.remove(this);
    this.#worker.stats.nodeConnections[this.node.index] =
      (this.#worker.stats.nodeConnections[this.node.index] ?? 1) - 1;
    this.#onClosed(this);
    const { user } = this;
    this.user = undefined;
    user?.onNodeClosed(this.#error);
  }
}
