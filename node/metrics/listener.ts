/** Where metrics are served: an address of its own, which the public one never leads to. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NodeMetrics } from './metrics.ts';

const PATH = '/metrics';
const HEAD_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const MOST_CONNECTIONS = 64;

export interface Address {
  readonly host: string;
  readonly port: number;
}

export class MetricsListener {
  readonly #metrics: NodeMetrics;
  readonly #server: Server;

  constructor(metrics: NodeMetrics) {
    this.#metrics = metrics;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.headersTimeout = HEAD_TIMEOUT_MS;
    this.#server.requestTimeout = REQUEST_TIMEOUT_MS;
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** Resolves to the real address, where port 0 was asked for; rejects with the system's error. */
  listen({ host, port }: Address): Promise<Address> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject);
        resolve({ host, port: (this.#server.address() as AddressInfo).port });
      });
    });
  }

  /** Ends at once, open requests included. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve({ method, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path] = url.split('?', 1);
    if (path !== PATH) return send(response, 404, `There is ${PATH}.\n`);
    if (method !== 'GET' && method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return send(response, 405, 'GET and HEAD only.\n');
    }
    try {
      send(response, 200, await this.#metrics.render(), this.#metrics.contentType);
    } catch (error) {
      send(response, 500, `${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
}

function send(response: ServerResponse, status: number, text: string, contentType = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
  });
  response.end(text);
}
