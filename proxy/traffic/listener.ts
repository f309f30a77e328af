/** One listening socket, plain or with TLS. */
import { createServer, type Server, type Socket } from 'node:net';
import type { ListenerRules } from './listener-rules.ts';
import type { TlsGate } from './tls-gate.ts';

/** Connections that may wait to be accepted, as far as the kernel allows (somaxconn). */
const BACKLOG = 4096;

/**
 * Of clients' sockets: bytes from which a write is bulk, see `writeBorrowed`. Newer versions of Node.js have 64 KiB.
 */
const WRITE_HIGH_WATER = 16 * 1024;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** How connections are taken. */
export interface Manner {
  /** Of the listener, in the order of the configuration. */
  readonly index: number;
  /** undefined for no limit of its own. */
  readonly maxConnections: number | undefined;
  /** Each connection begins with a header that says whose it is. */
  readonly proxyProtocol: boolean;
  readonly rules: ListenerRules;
  /** undefined for a plain listener. */
  readonly gate: TlsGate | undefined;
}

export class Listener {
  readonly #server: Server;
  manner: Manner;

  constructor(manner: Manner, onConnection: (tcp: Socket, manner: Manner) => void) {
    this.manner = manner;
    const options = { allowHalfOpen: true, noDelay: true, highWaterMark: WRITE_HIGH_WATER };
    this.#server = createServer(options, (tcp) => onConnection(tcp, this.manner));
  }

  /** `at`: an address, or a socket that is bound already. Rejects with the system's error. */
  listen(at: Address | { readonly fd: number }): Promise<void> {
    const server = this.#server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ ...at, backlog: BACKLOG }, () => {
        server.off('error', reject);
        // What fails from now on is accepting a connection (EMFILE, say): that one is lost, the listener is not.
        server.on('error', () => {});
        resolve();
      });
    });
  }

  /** undefined before it listens. */
  get port(): number | undefined {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : undefined;
  }

  close(): void {
    this.#server.close();
  }
}
