/** The WebSocket transport: upgrades, and the connections that come of them. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { type Server, WebSocketServer } from 'ws';
import { type Binding, INSTANCE_HEADER } from '../binding.ts';
import { BayeuxSocket, CLOSE } from './bayeux-socket.ts';
import type { Clients } from './clients.ts';
import { browserIdOf } from './cookies.ts';
import type { LiveOptions } from './options.ts';
import type { MessageProcessor } from './processor.ts';
import type { LiveTraffic } from './traffic.ts';
import { WebSocketConnection } from './websocket-connection.ts';

export interface WebSocketsOptions {
  readonly processor: MessageProcessor;
  readonly clients: Clients;
  readonly options: LiveOptions;
  readonly binding: Binding;
  readonly traffic: LiveTraffic;
  readonly log: Logger;
}

/** How long clients have to answer when a connection is closed; ms. */
const CLOSE_TIMEOUT_MS = 2_000;

export class WebSockets {
  readonly #options: WebSocketsOptions;
  readonly #server: Server<typeof BayeuxSocket>;
  readonly #sockets = new Set<BayeuxSocket>();
  #stopping = false;
  #emptied: () => void = () => {};

  constructor(options: WebSocketsOptions) {
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // Compression of its own for each connection costs more memory than it is worth here.
      perMessageDeflate: false,
      maxPayload: options.options.maxMessageBytes,
      WebSocket: BayeuxSocket,
    });
    // The one answer of a WebSocket that has headers: what is created or joined on it later, is so on this node.
    this.#server.on('headers', (headers) =>
      headers.push(`Set-Cookie: ${options.binding.cookie}`, `${INSTANCE_HEADER}: ${options.binding.instanceId}`),
    );
  }

  /** Takes over the socket: `ws` answers a request that is not a valid upgrade. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, address: string): void {
    if (this.#stopping) {
      socket.destroy();
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (client) => {
      this.#sockets.add(client);
      client.once('close', () => this.#forget(client));
      const { processor, clients, options, traffic, log } = this.#options;
      const browserId = browserIdOf(request.headers);
      new WebSocketConnection(client, { processor, clients, options, traffic, address, browserId, log });
    });
  }

  get size(): number {
    return this.#sockets.size;
  }

  /** Closes all connections, and cuts those whose client does not answer. Resolves when there is none. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#sockets.size === 0) return;
    const empty = new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
    for (const socket of this.#sockets) socket.close(CLOSE.goingAway, 'the node is stopping');
    const deadline = setTimeout(() => {
      for (const socket of this.#sockets) socket.terminate();
    }, CLOSE_TIMEOUT_MS);
    await empty;
    clearTimeout(deadline);
  }

  #forget(socket: BayeuxSocket): void {
    this.#sockets.delete(socket);
    if (this.#sockets.size === 0) this.#emptied();
  }
}
