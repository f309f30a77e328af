/**
 * TLS in front of a listener: takes TCP connections, and hands on those whose handshake is done. A gate never changes;
 * other certificates or ticket keys make another gate, and connections of the one before go on as they are.
 */
import type { Socket } from 'node:net';
import { createServer, type SecureContext, type Server, type TlsOptions } from 'node:tls';
import { type ListenerTls, ofOneKind } from '../tls/listener-tls.ts';
import { secureContext, secureContextOptions } from '../tls/secure-context.ts';
import { ServerNames } from '../tls/server-names.ts';
import { type SessionKeys, sessionKeysOf } from '../tls/ticket-keys.ts';
import type { Handshakes } from './handshakes.ts';
import type { ListenerRules } from './listener-rules.ts';

export interface TlsGateOptions {
  /** Of `sessionKeysOf`. */
  readonly ticketSecret: string;
  /** ms */
  readonly handshakeTimeout: number;
  readonly handshakes: Handshakes;
  readonly rules: ListenerRules;
}

export class TlsGate {
  /** Only ever given connections: what listens is a server of its own, which a reload does not touch. */
  readonly #server: Server;
  readonly #handshakes: Handshakes;

  /** Throws what OpenSSL has against a certificate. */
  constructor(tls: ListenerTls, { ticketSecret, handshakeTimeout, handshakes, rules }: TlsGateOptions) {
    const keys = sessionKeysOf(ticketSecret, tls);
    this.#handshakes = handshakes;
    this.#server = createServer({
      ...secureContextOptions(tls, forNobodys(tls), keys),
      // Another protocol that a client insists on is refused (RFC 7301 §3.2).
      ALPNProtocols: rules.http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
      requestCert: tls.clientCa !== undefined,
      handshakeTimeout,
      ...(tls.certificates.length > 1 && { SNICallback: chooser(tls, keys) }),
    });
    this.#server.on('secureConnection', (secure) => handshakes.done(secure, rules));
    this.#server.on('tlsClientError', (error, secure) => handshakes.failed(error, secure));
  }

  take(tcp: Socket): void {
    if (this.#handshakes.begin(tcp)) this.#server.emit('connection', tcp);
  }
}

/**
 * What clients get that send no name. Node.js puts a chosen certificate beside this one, in whose place it comes only
 * if both have the same kind of key: else OpenSSL would choose between them, by the client's ciphers instead of the
 * name.
 */
function forNobodys({ certificates }: ListenerTls): ListenerTls['certificates'][number] | undefined {
  return ofOneKind(certificates) ? certificates[0] : undefined;
}

/**
 * What is thrown while a name is looked up ends the process in older versions of Node.js (CVE-2026-21637): nothing is.
 */
function chooser(tls: ListenerTls, keys: SessionKeys): NonNullable<TlsOptions['SNICallback']> {
  const names = new ServerNames<SecureContext>();
  const contexts = tls.certificates.map((certificate) => {
    const context = secureContext(tls, certificate, keys);
    names.add(certificate.names, context);
    return context;
  });
  return (name, found) => found(null, names.find(name) ?? contexts[0]);
}
