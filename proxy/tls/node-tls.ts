/** TLS to one node: whom it must prove to be, what it is shown, and the session that the next connection resumes. */
import { type ConnectOpts, isIP, type SocketConstructorOpts } from 'node:net';
import { type ConnectionOptions, connect, type SecureContext, type TLSSocket } from 'node:tls';

/**
 * A resumed session is one whose certificate is not looked at again, and each gives a ticket for the next. So that a
 * certificate which expires, or is replaced by a wrong one, does not go unnoticed for ever, it counts as verified for
 * as long.
 */
const VERIFIED_MS = 300_000;

export interface NodeTlsOptions {
  readonly host: string;
  readonly port: number;
  /** undefined: the host. */
  readonly serverName: string | undefined;
  readonly context: SecureContext;
}

export class NodeTls {
  /** Another configuration has other terms: no connection of before is used again. */
  retired = false;
  readonly #options: NodeTlsOptions;
  #session: Buffer | undefined;
  /** Until when the session is to be resumed, ms since the epoch. */
  #verifiedUntil = 0;

  constructor(options: NodeTlsOptions) {
    this.#options = options;
  }

  /** Not connected yet; 'secureConnect' says that the node is who it should be, and 'error' why it is not. */
  connect(options: Pick<SocketConstructorOpts, 'allowHalfOpen' | 'signal'> & ConnectOpts): TLSSocket {
    const { host, port, context, serverName = isIP(host) === 0 ? host : '' } = this.#options;
    const now = Date.now();
    const session = now < this.#verifiedUntil ? this.#session : undefined;
    let verifiedUntil = this.#verifiedUntil;
    let secure = false;
    const all: ConnectionOptions = {
      ...options,
      host,
      port,
      servername: serverName,
      secureContext: context,
      ...(session !== undefined && { session }),
      // Servers that could speak HTTP/2 must not choose it.
      ALPNProtocols: ['http/1.1'],
      // By default NODE_TLS_REJECT_UNAUTHORIZED in the environment decides.
      rejectUnauthorized: true,
    };
    const socket = connect(all);
    socket.setNoDelay(true);
    socket.once('secureConnect', () => {
      secure = true;
      if (socket.isSessionReused()) return;
      const expires = Date.parse(socket.getPeerCertificate().valid_to);
      verifiedUntil = Math.min(Date.now() + VERIFIED_MS, expires);
    });
    socket.on('session', (ticket) => {
      if (verifiedUntil < this.#verifiedUntil) return;
      this.#session = ticket;
      this.#verifiedUntil = verifiedUntil;
    });
    socket.once('error', () => {
      // Should it be the session that the node does not like.
      if (!secure) this.#session = undefined;
    });
    return socket;
  }
}
