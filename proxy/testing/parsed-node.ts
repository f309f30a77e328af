/** A node whose requests are read by `node:http`: a second opinion on every byte that the proxy forwards. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface ParsedRequest {
  readonly method: string;
  readonly target: string;
  /** `name: value` in order, as they came. */
  readonly lines: readonly string[];
  /** The same behind a chunked body. */
  readonly trailers: readonly string[];
  /** Latin1. */
  readonly body: string;
}

export class ParsedNode {
  /** The bytes of each connection since `forget`, latin1. */
  streams = new Map<Socket, string>();
  requests: ParsedRequest[] = [];
  /** What `node:http` would not read. */
  errors: string[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer({ maxHeaderSize: 64 * 1024, keepAliveTimeout: 0 }, (request, response) =>
      this.#onRequest(request, response),
    );
    this.#server.on('connection', (socket: Socket) => {
      socket.on('data', (chunk: Buffer) => {
        this.streams.set(socket, (this.streams.get(socket) ?? '') + chunk.toString('latin1'));
      });
    });
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      this.errors.push(error.code ?? error.message);
      socket.destroy();
    });
  }

  static async start(): Promise<ParsedNode> {
    const node = new ParsedNode();
    node.#server.listen(0, '127.0.0.1');
    await once(node.#server, 'listening');
    return node;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  forget(): void {
    this.streams = new Map();
    this.requests = [];
    this.errors = [];
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Answers `200` and the target once the request is read. */
  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    let body = '';
    request.setEncoding('latin1');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('error', (error) => this.errors.push(error.message));
    request.on('end', () => {
      const { method = '', url: target = '', rawHeaders, rawTrailers } = request;
      this.requests.push({ method, target, lines: linesOf(rawHeaders), trailers: linesOf(rawTrailers), body });
      response.setHeader('Content-Length', target.length);
      response.end(target);
    });
  }
}

/** `raw`: name and value by turns. */
function linesOf(raw: readonly string[]): string[] {
  const lines: string[] = [];
  for (let i = 0; i < raw.length; i += 2) lines.push(`${raw[i]}: ${raw[i + 1]}`);
  return lines;
}
