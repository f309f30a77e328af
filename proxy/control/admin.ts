/** The admin listener: an address of its own that answers about the proxy and never carries traffic. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Address } from './messages.ts';
import type { Readiness } from './readiness.ts';
import type { Status } from './status.ts';

const HEAD_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const IDLE_TIMEOUT_MS = 75_000;
const MOST_CONNECTIONS = 256;
const LARGEST_HEAD = 16 * 1024;

/** What the admin listener tells. */
export interface AdminSource {
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
  readiness(): Readiness;
  status(): Promise<Status>;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export class AdminServer {
  readonly #server: Server;
  readonly #routes: ReadonlyMap<string, () => Answer | Promise<Answer>>;

  constructor(source: AdminSource) {
    this.#routes = new Map<string, () => Answer | Promise<Answer>>([
      ['/live', () => json(200, { live: true })],
      ['/ready', () => readinessAnswer(source.readiness())],
      ['/status', async () => json(200, await source.status())],
      ['/metrics', async () => metricsAnswer(await source.metrics())],
    ]);
    this.#server = createServer({ maxHeaderSize: LARGEST_HEAD }, (request, response) => this.#serve(request, response));
    this.#server.headersTimeout = HEAD_TIMEOUT_MS;
    this.#server.requestTimeout = REQUEST_TIMEOUT_MS;
    this.#server.keepAliveTimeout = IDLE_TIMEOUT_MS;
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** Resolves to the real address, where port 0 was asked for; rejects with the system's error. */
  listen({ host, port }: Address): Promise<Address> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject);
        const bound = this.#server.address() as AddressInfo;
        resolve({ host: bound.address, port: bound.port });
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

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.#answer(request);
    response.writeHead(answer.status, {
      'Content-Type': answer.contentType,
      'Content-Length': Buffer.byteLength(answer.body),
      'Cache-Control': 'no-store',
      ...(answer.status === 405 && { Allow: 'GET, HEAD' }),
    });
    response.end(answer.body);
  }

  async #answer({ method, url = '/' }: IncomingMessage): Promise<Answer> {
    const path = url.split('?', 1)[0] ?? url;
    const route = this.#routes.get(path);
    if (!route) return errorAnswer(404, 'not_found', `There is ${[...this.#routes.keys()].join(', ')}.`);
    if (method !== 'GET' && method !== 'HEAD') return errorAnswer(405, 'method_not_allowed', 'GET and HEAD only.');
    try {
      return await route();
    } catch (error) {
      return errorAnswer(500, 'internal', error instanceof Error ? error.message : String(error));
    }
  }
}

function json(status: number, body: unknown): Answer {
  return { status, contentType: 'application/json; charset=utf-8', body: `${JSON.stringify(body)}\n` };
}

function errorAnswer(status: number, code: string, message: string): Answer {
  return json(status, { error: { code, message } });
}

function readinessAnswer(readiness: Readiness): Answer {
  return json(readiness.ready ? 200 : 503, readiness);
}

function metricsAnswer({ contentType, text }: { readonly contentType: string; readonly text: string }): Answer {
  return { status: 200, contentType, body: text };
}
