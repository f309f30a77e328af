/** What a client's connection needs of its socket: of TCP, of TLS, or one stream of HTTP/2. */
import type { Writable } from 'node:stream';

/** The part of it that answers are written to. */
export type ClientOutput = Pick<
  Writable,
  'write' | 'cork' | 'uncork' | 'writableLength' | 'writableHighWaterMark' | 'writableNeedDrain'
>;

export interface ClientSocket extends ClientOutput {
  readonly remoteAddress?: string | undefined;
  /** TLS, on this connection or on the one that the stream is part of. */
  readonly encrypted?: boolean;
  readonly http2?: boolean;
  pause(): unknown;
  resume(): unknown;
  isPaused(): boolean;
  end(callback?: () => void): unknown;
  destroy(): unknown;
  /** Once what is written has gone out. */
  destroySoon(): void;
  /** The client must not take what it got for whole. */
  resetAndDestroy(): unknown;
  setKeepAlive(enable: boolean, initialDelay: number): unknown;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'end' | 'drain' | 'error' | 'close', listener: () => void): unknown;
}
