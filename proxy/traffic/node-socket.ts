/**
 * A node's socket, which goes on reading when a write fails.
 *
 * A node may answer before it has the whole request, a 413 say, and close. Then the next write of the body fails while
 * the answer still waits to be read; `net.Socket` would close at once, and the answer would be lost (RFC 9112 §9.5).
 */
import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net';

type Written = (error?: Error | null) => void;

export class NodeSocket extends Socket {
  /** A request body is under way: what cannot be written is dropped, and the end of input says the rest. */
  uploading = false;

  constructor(options: SocketConstructorOpts & ConnectOpts) {
    super(options);
  }

  override _write(chunk: unknown, encoding: BufferEncoding, callback: Written): void {
    super._write(chunk, encoding, this.uploading ? () => callback() : callback);
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], callback: Written): void {
    super._writev?.(chunks, this.uploading ? () => callback() : callback);
  }

  /**
   * Tells after 'end' whether it was a reset: when that arrives together with the last bytes, libuv reports the end of
   * input and no error, but the kernel has no peer to name any more. Node.js remembers the address of a peer, so nobody
   * may ask for it before.
   */
  get wasReset(): boolean {
    return this.remoteAddress === undefined;
  }
}
