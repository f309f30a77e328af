/** A connection whose bytes go through one buffer that all connections of the process share. */
import { connect, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { secureOptions } from './secure.ts';

const SHARED = Buffer.allocUnsafe(256 * 1024);

export type SharedReader = {
  /** The first `length` bytes of `buffer` are new, and its own only for the time of the call. */
  take(buffer: Buffer, length: number): void;
  connected(): void;
  /** It has failed, or the other side has closed it. May be called more than once. */
  lost(): void;
};

export function openShared(port: number, reader: SharedReader, secure = false): Socket {
  const onread = {
    buffer: SHARED,
    callback: (length: number) => {
      reader.take(SHARED, length);
      return true;
    },
  };
  const plain = { host: '127.0.0.1', port, onread };
  const socket = secure ? connectSecurely({ ...plain, ...secureOptions(port) }) : connect(plain);
  socket.setNoDelay(true);
  socket.once(secure ? 'secureConnect' : 'connect', () => reader.connected());
  socket.once('end', () => reader.lost());
  socket.once('error', () => reader.lost());
  socket.once('close', () => reader.lost());
  return socket;
}

/** `items` in turn. */
export function inTurn<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length];
  if (item === undefined) throw new Error('nothing to take turns with');
  return item;
}
