/**
 * TLS in front of a listener: takes TCP connections, and hands on those whose handshake is done. A gate never changes;
 * other certificates or ticket keys make another gate, and connections of the one before go on as they are.
 */
import type { Socket } from 'node:net';
import { createServer, type SecureContext, type Server, type TlsOptions } from 'node:tls';
import type { ListenerTls } from '../tls/listener-tls.ts';
import { secureContext, secureContextOptions } from '../tls/secure-context.ts';
import { ServerNames } from '../tls/server-names.ts';
import { sessionKeysOf } from '../tls/ticket-keys.ts';
import type { Handshakes } from './handshakes.ts';

export interface TlsGateOptions {
  /** Of `sessionKeysOf`. */
  readonly ticketSecret: string;
  /** ms */
  readonly handshakeTimeout: number;
  readonly handshakes: Handshakes;
}

export class TlsGate {
  /** Only ever given connections: what listens is a server of its own, which a reload does not touch. */
  readonly #server: Server;
  readonly #handshakes: Handshakes;

  /** Throws what OpenSSL has against a certificate. */
  constructor(tls: ListenerTls, { ticketSecret, handshakeTimeout, handshakes }: TlsGateOptions) {
    const [first, ...others] = tls.certificates;
    if (first === undefined) throw new Error('TLS without a certificate');
    const keys = sessionKeysOf(ticketSecret, tls);
    const names = new ServerNames<SecureContext | undefined>();
    names.add(first.names, undefined);
    for (const certificate of others) names.add(certificate.names, secureContext(tls, certificate, keys));
    this.#handshakes = handshakes;
    this.#server = createServer({
      ...secureContextOptions(tls, first, keys),
      // Another protocol that a client insists on is refused (RFC 7301 §3.2).
      ALPNProtocols: ['http/1.1'],
      requestCert: tls.clientCa !== undefined,
      handshakeTimeout,
      // What is thrown here would not be caught in older versions of Node.js (CVE-2026-21637): nothing is.
      ...(others.length > 0 && { SNICallback: chooseFrom(names) }),
    });
    this.#server.on('secureConnection', (secure) => handshakes.done(secure));
    this.#server.on('tlsClientError', (error, secure) => handshakes.failed(error, secure));
  }

  take(tcp: Socket): void {
    if (this.#handshakes.begin(tcp)) this.#server.emit('connection', tcp);
  }
}

function chooseFrom(names: ServerNames<SecureContext | undefined>): NonNullable<TlsOptions['SNICallback']> {
  return (name, found) => found(null, names.find(name));
}
