/**
 * After a 101: bytes both ways, unread. A tunnel may be quiet for long; it ends when both sides have closed, when
 * nothing has passed for `timeouts.tunnel`, or at shutdown.
 */
import type { Termination } from '../observe/record.ts';
import type { ClientConnection, ClientUser } from './client-connection.ts';
import { NEVER } from './deadlines.ts';
import type { NodeConnection, NodeUser } from './node-connection.ts';
import { HIGH_WATER, isFull, writeBorrowed } from './outlet.ts';
import type { OpenTunnel, WorkerContext } from './worker-context.ts';

/** How long the other side may stay silent once one side has closed. */
const HALF_CLOSED_MS = 30_000;
/** Finds peers that vanished without a word, which a quiet tunnel would never notice. */
const TCP_KEEP_ALIVE_MS = 60_000;

export class Tunnel implements ClientUser, NodeUser, OpenTunnel {
  bytesIn = 0;
  bytesOut = 0;
  readonly #worker: WorkerContext;
  readonly #client: ClientConnection;
  readonly #node: NodeConnection;
  readonly #onEnded: (termination: Termination) => void;
  #halfClosed = false;
  #ended = false;

  constructor(
    worker: WorkerContext,
    client: ClientConnection,
    node: NodeConnection,
    onEnded: (termination: Termination) => void,
  ) {
    this.#worker = worker;
    this.#client = client;
    this.#node = node;
    this.#onEnded = onEnded;
    client.socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
    node.socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
  }

  /** Takes over both connections, with what came along: bytes [start, end) after the 101, and the client's unread. */
  start(buffer: Buffer, start: number, end: number): void {
    const client = this.#client;
    const node = this.#node;
    client.use(this);
    node.user = this;
    node.deadline = NEVER;
    if (start < end) this.#fromNode(buffer, start, end);
    const { unread } = client;
    client.unread = undefined;
    if (unread !== undefined) this.onClientData(unread);
    if (client.socket.isPaused() && node.socket.writableLength <= HIGH_WATER) client.socket.resume();
    if (client.ended) this.onClientEnd();
    this.#touch();
  }

  onClientData(chunk: Buffer): void {
    this.bytesIn += chunk.length;
    this.#node.socket.write(chunk);
    if (this.#node.socket.writableLength > HIGH_WATER) this.#client.socket.pause();
    this.#touch();
  }

  onNodeData(buffer: Buffer, length: number): void {
    this.#fromNode(buffer, 0, length);
  }

  #fromNode(buffer: Buffer, start: number, end: number): void {
    this.bytesOut += end - start;
    this.#worker.stalls.alive(this.#node.node.index, this.#worker.deadlines.now);
    const { socket } = this.#client;
    const { lends } = this.#node;
    writeBorrowed(socket, buffer, start, end, lends);
    if (isFull(socket, lends)) this.#node.socket.pause();
    this.#touch();
  }

  onClientDrain(): void {
    this.#node.socket.resume();
    this.#touch();
  }

  onNodeDrain(): void {
    this.#client.socket.resume();
    this.#touch();
  }

  onClientEnd(): void {
    this.#node.socket.end();
    this.#halfClosed = true;
    this.#touch();
  }

  onNodeEnd(): void {
    this.#client.socket.end();
    this.#halfClosed = true;
    this.#touch();
  }

  onNodeConnected(): void {}

  onNodeDeadline(): void {}

  onClientDeadline(): void {
    this.end(this.#halfClosed ? 'tunnel-closed' : 'tunnel-idle');
  }

  get nodeName(): string {
    return this.#node.node.name;
  }

  onNodeDown(node: string): void {
    if (node === this.nodeName) this.end('node-ejected');
  }

  onNodeSilent(): void {}

  onStalls(): void {}

  onShutdown(): void {
    this.end('shutdown');
  }

  onClientClosed(): void {
    this.end('tunnel-closed');
  }

  onNodeClosed(): void {
    this.end('tunnel-closed');
  }

  /** Closes both sides; what is written but not sent yet is still sent when the other side only ended. */
  end(termination: Termination): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#node.user = undefined;
    if (termination === 'tunnel-closed') {
      this.#node.deadline = this.#worker.deadlines.now + HALF_CLOSED_MS;
      this.#node.socket.destroySoon();
    } else this.#node.destroy();
    this.#client.close();
    this.#onEnded(termination);
  }

  #touch(): void {
    this.#client.deadline =
      this.#worker.deadlines.now + (this.#halfClosed ? HALF_CLOSED_MS : this.#worker.config.timeouts.tunnel);
  }
}
