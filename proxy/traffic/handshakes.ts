/** TLS handshakes in progress on one worker, each with the TCP connection that it is about. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type HandshakeFailure, handshakeFailure } from '../tls/handshake-failure.ts';
import type { ListenerRules } from './listener-rules.ts';

export interface HandshakeHooks {
  /** At most so many at once. */
  readonly limit: () => number;
  readonly onDone: (secure: TLSSocket, tcp: Socket, rules: ListenerRules) => void;
  /** `code`: of OpenSSL or the system; `peer`: its address; each '' for none. */
  readonly onFailed: (reason: HandshakeFailure, code: string, peer: string) => void;
  /** A connection has closed that did not come to `onDone`. */
  readonly onGone: () => void;
}

export class Handshakes {
  readonly #hooks: HandshakeHooks;
  readonly #open = new Set<Socket>();
  /** By both ends: a `TLSSocket` does not say which connection it is on. */
  readonly #byEnds = new Map<string, Socket>();
  #ending = false;

  constructor(hooks: HandshakeHooks) {
    this.#hooks = hooks;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Whether a handshake may begin on it; if not, it is closed. */
  begin(tcp: Socket): boolean {
    const ends = endsOf(tcp);
    tcp.once('close', () => {
      if (this.#byEnds.get(ends) === tcp) this.#byEnds.delete(ends);
      if (this.#open.delete(tcp)) this.#hooks.onGone();
    });
    // A client that ends before there is a connection has gone. Set before the `TLSSocket` is made, which takes it
    // over.
    tcp.allowHalfOpen = false;
    // What there is to know is told by the `TLSSocket`, and by the 'close' that follows.
    tcp.on('error', () => {});
    const full = this.#open.size >= this.#hooks.limit();
    this.#open.add(tcp);
    this.#byEnds.set(ends, tcp);
    if (!full && tcp.remoteAddress !== undefined) return true;
    this.#hooks.onFailed(full ? 'limit' : 'closed', '', tcp.remoteAddress ?? '');
    tcp.resetAndDestroy();
    return false;
  }

  done(secure: TLSSocket, rules: ListenerRules): void {
    const ends = endsOf(secure);
    const tcp = this.#byEnds.get(ends);
    // Reset by the client in the meantime: nobody knows any more who it was.
    if (tcp === undefined || !this.#open.delete(tcp)) {
      if (!this.#ending) this.#hooks.onFailed('closed', '', '');
      secure.destroy();
      return;
    }
    this.#byEnds.delete(ends);
    secure.allowHalfOpen = true;
    this.#hooks.onDone(secure, tcp, rules);
  }

  failed(error: NodeJS.ErrnoException, secure: TLSSocket): void {
    const { code = '' } = error;
    // Typed as an Error, it is the code of one, and null while there is nothing against the certificate.
    const unverified = (secure.authorizationError as unknown) !== null;
    if (!this.#ending) {
      this.#hooks.onFailed(handshakeFailure(code, unverified), code, secure.remoteAddress ?? '');
    }
    secure.destroy();
  }

  /** The worker shuts down: those that are not done by now will not be. */
  end(): void {
    this.#ending = true;
    for (const tcp of [...this.#open]) tcp.destroy();
  }
}

function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
