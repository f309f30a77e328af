/** A node's socket with TLS: as `NodeSocket`, of a class that Node.js lets nobody extend. */
import { type ConnectOpts, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { NodeTls } from '../tls/node-tls.ts';
import {
  closed,
  connected,
  drained,
  ended,
  failed,
  type NodeStream,
  type Owned,
  type SocketOwner,
} from './node-socket.ts';

type Written = (error?: Error | null) => void;

export function connectSecurely(owner: SocketOwner, tls: NodeTls, onread: ConnectOpts['onread']): NodeStream {
  const socket = Object.assign(tls.connect({ allowHalfOpen: true, onread }), OWN, { owner });
  socket.on('secureConnect', connected);
  socket.on('end', ended);
  socket.on('drain', drained);
  socket.on('error', failed);
  socket.on('close', closed);
  return socket;
}

const OWN = {
  uploading: false,
  /**
   * Node.js tells no close_notify from a mere end of TCP, which anybody on the way can make: so that an answer which
   * only the end delimits is never complete (RFC 9112 §9.8).
   */
  endedCleanly: false,

  _write(this: Uploading, chunk: unknown, encoding: BufferEncoding, callback: Written): void {
    Socket.prototype._write.call(this, chunk, encoding, this.uploading ? () => callback() : callback);
  },

  _writev(this: Uploading, chunks: { chunk: unknown; encoding: BufferEncoding }[], callback: Written): void {
    Socket.prototype._writev?.call(this, chunks, this.uploading ? () => callback() : callback);
  },
};

type Uploading = TLSSocket & Owned & { uploading: boolean };
