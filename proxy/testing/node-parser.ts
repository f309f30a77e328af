/** The parser of `node:http` over pairs of streams in memory: the other opinion on every request. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Duplex, duplexPair } from 'node:stream';

export interface NodeRequest {
  readonly method: string;
  readonly target: string;
  readonly body: string;
}

export interface NodeReading {
  readonly requests: readonly NodeRequest[];
  /** Code of the parse error, '' for none. */
  readonly error: string;
  /** The last request asks for an upgrade. */
  readonly upgrades: boolean;
  /** What follows it then, and so belongs to its tunnel. */
  readonly tunnel: string;
}

interface Collecting {
  readonly requests: { method: string; target: string; body: string }[];
  error: string;
  upgrades: boolean;
  tunnel: string;
}

export class NodeParser {
  readonly #server: Server;
  readonly #collecting = new WeakMap<Duplex, Collecting>();

  /** `lenient`: reads what it can make any sense of, as careless nodes do. */
  constructor({ lenient = false } = {}) {
    this.#server = createServer(
      { insecureHTTPParser: lenient, maxHeaderSize: 64 * 1024, keepAliveTimeout: 0 },
      (request, response) => this.#onRequest(request, response),
    );
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      const collected = this.#collecting.get(socket);
      if (collected !== undefined) collected.error = error.code ?? error.message;
      socket.destroy();
    });
    this.#server.on('upgrade', ({ method = '', url: target = '' }, socket, head) => {
      const collected = this.#collecting.get(socket);
      if (collected !== undefined) {
        collected.requests.push({ method, target, body: '' });
        collected.upgrades = true;
        collected.tunnel = head.toString('latin1');
      }
      socket.destroy();
    });
  }

  /** Reads one connection that brings these latin1 bytes and ends. */
  async read(bytes: string): Promise<NodeReading> {
    const [client, server] = duplexPair();
    const collected: Collecting = { requests: [], error: '', upgrades: false, tunnel: '' };
    this.#collecting.set(server, collected);
    const closed = once(server, 'close');
    this.#server.emit('connection', server);
    client.resume();
    client.on('error', () => {});
    client.end(bytes, 'latin1');
    await closed;
    client.destroy();
    return collected;
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url: target = '' } = request;
    const read = { method, target, body: '' };
    this.#collecting.get(request.socket)?.requests.push(read);
    request.setEncoding('latin1');
    request.on('data', (chunk: string) => {
      read.body += chunk;
    });
    // What breaks off is reported as a `clientError`.
    request.on('error', () => {});
    response.end();
  }
}
