/**
 * One worker's clients: their way in, by limits, PROXY header, TLS and the version of HTTP, and what is told to all of
 * them.
 */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import type { HandshakeFailure } from '../tls/handshake-failure.ts';
import type { WorkerTls } from '../tls/listener-tls.ts';
import { AcceptTurns } from './accept-turns.ts';
import { ClientConnection, type ClientHooks } from './client-connection.ts';
import { ConnectionLimits } from './connection-limits.ts';
import { Handshakes } from './handshakes.ts';
import { Http2Clients } from './http2/http2-clients.ts';
import type { Manner } from './listener.ts';
import type { ListenerRules } from './listener-rules.ts';
import { Listeners } from './listeners.ts';
import { ProxyHeaders } from './proxy-headers.ts';
import type { WorkerContext } from './worker-context.ts';

export interface ClientsHooks {
  readonly onRequest: ClientHooks['onRequest'];
  /** `code`: of OpenSSL or the system, '' for none. */
  readonly onHandshakeFailed: (reason: HandshakeFailure, code: string, peer: string) => void;
}

export class Clients implements ClientHooks {
  readonly listeners: Listeners;
  readonly #worker: WorkerContext;
  readonly #hooks: ClientsHooks;
  /** Those of HTTP/2 are streams. */
  readonly #connections = new Set<ClientConnection>();
  readonly #limits: ConnectionLimits;
  readonly #turns: AcceptTurns;
  readonly #proxyHeaders: ProxyHeaders;
  readonly #handshakes: Handshakes;
  readonly #http2: Http2Clients;
  /** Of connections in their TLS handshakes: what their PROXY headers say. */
  readonly #sources = new WeakMap<Socket, string>();
  #onEmpty: (() => void) | undefined;

  /** Throws when a certificate cannot be used. */
  constructor(worker: WorkerContext, config: ProxyConfig, tls: WorkerTls, hooks: ClientsHooks) {
    this.#worker = worker;
    this.#hooks = hooks;
    this.#limits = new ConnectionLimits(worker);
    this.#turns = new AcceptTurns(worker.deadlines.now);
    const onGone = (): void => this.#gone();
    this.#proxyHeaders = new ProxyHeaders(worker, {
      onRead: (tcp, source, manner) => this.#named(tcp, source, manner),
      onGone,
    });
    this.#handshakes = new Handshakes({
      limit: () => worker.config.limits.handshakes,
      onDone: (secure, tcp, rules) => {
        worker.stats.handshakeDone(secure.isSessionReused());
        this.#connected(secure, rules, tcp, this.#sources.get(tcp));
      },
      onFailed: (reason, code, peer) => {
        worker.stats.handshakeFailures[reason]++;
        hooks.onHandshakeFailed(reason, code, worker.peers.normalize(peer));
      },
      onGone,
    });
    this.#http2 = new Http2Clients(worker, {
      onRequest: hooks.onRequest,
      onStream: (client) => this.#connections.add(client),
      // Also after its connection has: of the two, nobody knows which is last.
      onStreamClosed: (client) => {
        this.#connections.delete(client);
        this.#endIfEmpty();
      },
      onHttp1: (socket, { rules, tcp, source }) => this.#add(socket, rules, tcp, source),
      onGone,
    });
    this.listeners = new Listeners({
      config,
      tls,
      handshakes: this.#handshakes,
      onConnection: (tcp, manner) => this.#accept(tcp, manner),
    });
  }

  onRequest(client: ClientConnection, headLength: number): void {
    this.#hooks.onRequest(client, headLength);
  }

  onClosed(client: ClientConnection): void {
    this.#connections.delete(client);
    this.#gone();
  }

  onNodeDown(node: string): void {
    for (const client of [...this.#connections]) client.onNodeDown(node);
  }

  onNodeSilent(node: string): void {
    for (const client of [...this.#connections]) client.onNodeSilent(node);
  }

  onStalls(now: number): void {
    for (const client of [...this.#connections]) client.onStalls(now);
  }

  /** Resolves when the last connection has ended. */
  async empty(): Promise<void> {
    if (this.#isEmpty) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  /** Accepts nothing more. A connection that is kept alive is closed with its next answer and not before. */
  retire(): void {
    this.listeners.close();
    this.#http2.onShutdown();
  }

  /** Accepts nothing more, and closes what is not in use. */
  shutdown(): void {
    this.listeners.close();
    this.#handshakes.end();
    this.#proxyHeaders.end();
    for (const client of this.#connections) client.onShutdown();
    this.#http2.onShutdown();
    this.#http2.dropUntold();
  }

  /** Cuts off what is left. */
  onShutdownDeadline(): void {
    for (const client of this.#connections) client.onShutdownDeadline();
    this.#http2.onShutdownDeadline();
  }

  get #isEmpty(): boolean {
    return this.#connections.size + this.#http2.size + this.#handshakes.size + this.#proxyHeaders.size === 0;
  }

  #gone(): void {
    this.#worker.stats.clientConnections--;
    this.#endIfEmpty();
  }

  #endIfEmpty(): void {
    if (this.#isEmpty) this.#onEmpty?.();
  }

  #accept(tcp: Socket, manner: Manner): void {
    const worker = this.#worker;
    if (worker.closing) {
      tcp.destroy();
      return;
    }
    if (!this.#limits.admit(tcp, manner)) return;
    const { gate, rules } = manner;
    worker.deadlines.wake();
    worker.stats.clientConnections++;
    worker.stats.connectionsAccepted++;
    if (manner.proxyProtocol) this.#proxyHeaders.read(tcp, manner);
    else if (gate === undefined) this.#connected(tcp, rules);
    else gate.take(tcp);
    this.#turns.pass(worker.workers, worker.deadlines.now);
  }

  /** Its PROXY header says whose connection it is. */
  #named(tcp: Socket, source: string, { gate, rules }: Manner): void {
    if (!this.#limits.admitClient(tcp, source)) {
      this.#gone();
    } else if (gate === undefined) {
      this.#connected(tcp, rules, undefined, source);
      tcp.resume();
    } else {
      this.#sources.set(tcp, source);
      gate.take(tcp);
    }
  }

  #connected(socket: Socket, rules: ListenerRules, tcp?: Socket, source?: string): void {
    if (!rules.http2) this.#add(socket, rules, tcp, source);
    else if (!(socket instanceof TLSSocket)) this.#http2.hear(socket, { rules, tcp, source });
    else if (socket.alpnProtocol === 'h2') this.#http2.take(socket, { rules, tcp, source });
    else this.#add(socket, rules, tcp, source);
  }

  #add(socket: Socket, rules: ListenerRules, tcp?: Socket, source?: string): void {
    this.#connections.add(new ClientConnection(this.#worker, socket, this, rules, tcp, source));
  }
}
