/** TLS to nodes for undici, which polls and looks up: on the same terms, and with the same sessions, as traffic. */
import type { buildConnector } from 'undici';
import type { NodeTls } from './node-tls.ts';
import { nodeTlsFailure } from './node-tls-failure.ts';

export interface ConnectOptions {
  /** ms until the handshake must be done, 0 for none. */
  readonly timeout: number;
  /** Ends the connection at any time. */
  readonly signal?: AbortSignal;
  /** The connection could be made, and not be made safe; `why` as of `nodeTlsFailure`. */
  readonly onUnsafe?: (why: string) => void;
}

export function connectTo(
  tls: NodeTls,
  { timeout, signal, onUnsafe }: ConnectOptions,
  callback: buildConnector.Callback,
): void {
  const socket = tls.connect(signal === undefined ? {} : { signal });
  const timer = timeout > 0 ? setTimeout(() => socket.destroy(new Error('timeout')), timeout) : undefined;
  let secure = false;
  socket.on('error', (error: NodeJS.ErrnoException) => {
    clearTimeout(timer);
    // In TLS 1.3 a node that does not like the proxy's certificate says so after the handshake; undici does not tell.
    const why = !secure || error.code?.startsWith('ERR_SSL_') === true ? nodeTlsFailure(error) : undefined;
    if (why !== undefined) onUnsafe?.(why);
    if (!secure) callback(error, null);
  });
  socket.once('secureConnect', () => {
    clearTimeout(timer);
    secure = true;
    callback(null, socket);
  });
}
