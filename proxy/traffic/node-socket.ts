/**
 * A node's socket, which goes on reading when a write fails.
 *
 * A node may answer before it has the whole request, a 413 say, and close. Then the next write of the body fails while
 * the answer still waits to be read; `net.Socket` would close at once, and the answer would be lost (RFC 9112 §9.5).
 */
import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net';

type Written = (error?: Error | null) => void;

/** The connection whose socket it is. */
export interface SocketOwner {
  onConnect(): void;
  onEnd(): void;
  onDrain(): void;
  onError(error: NodeJS.ErrnoException): void;
  onClose(): void;
}

/** A node's socket, plain or with TLS. */
export interface NodeStream extends Socket {
  /** A request body is under way: what cannot be written is dropped, and the end of input says the rest. */
  uploading: boolean;
  /** Whether 'end' was an end that the node meant: of an answer that only the end delimits, nothing else tells. */
  readonly endedCleanly: boolean;
}

export class NodeSocket extends Socket implements NodeStream {
  uploading = false;
  readonly owner: SocketOwner;

  constructor(owner: SocketOwner, options: SocketConstructorOpts & ConnectOpts) {
    super(options);
    this.owner = owner;
    // The same functions for all sockets: idle tunnels would have five closures each.
    this.on('connect', connected);
    this.on('end', ended);
    this.on('drain', drained);
    this.on('error', failed);
    this.on('close', closed);
  }

  override _write(chunk: unknown, encoding: BufferEncoding, callback: Written): void {
    super._write(chunk, encoding, this.uploading ? () => callback() : callback);
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], callback: Written): void {
    super._writev?.(chunks, this.uploading ? () => callback() : callback);
  }

  /**
   * To be asked after 'end': when a reset arrives together with the last bytes, libuv reports the end of input and no
   * error, but the kernel has no peer to name any more. Node.js remembers the address of a peer, so nobody may ask for
   * it before.
   */
  get endedCleanly(): boolean {
    return this.remoteAddress !== undefined;
  }
}

/** What a socket with TLS has in common with a plain one. */
export interface Owned {
  readonly owner: SocketOwner;
}

export function connected(this: Owned): void {
  this.owner.onConnect();
}

export function ended(this: Owned): void {
  this.owner.onEnd();
}

export function drained(this: Owned): void {
  this.owner.onDrain();
}

export function failed(this: Owned, error: NodeJS.ErrnoException): void {
  this.owner.onError(error);
}

export function closed(this: Owned): void {
  this.owner.onClose();
}
