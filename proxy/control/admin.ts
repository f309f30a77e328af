/** The admin listener: an address of its own that answers about the proxy and never carries traffic. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Address } from '../anchor/messages.ts';
import type { AdminRefusal } from '../observe/labels.ts';
import { type AdminAnswer, errorAnswer } from './admin-answer.ts';
import { AdminAttempts } from './admin-attempts.ts';
import { type AdminAccess, answerTo, bearerOf, refusalFor } from './admin-guard.ts';
import type { RefusedRequest } from './admin-refusals.ts';
import { type AdminRoute, matchPath } from './admin-routes.ts';
import type { AdminTokensReading } from './admin-tokens.ts';
import { callerOf } from './caller.ts';
import { describeError } from './describe-error.ts';

const HEAD_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const IDLE_TIMEOUT_MS = 75_000;
const MOST_CONNECTIONS = 256;
const LARGEST_HEAD = 16 * 1024;

export interface AdminServerOptions {
  readonly routes: readonly AdminRoute[];
  /** Asked for at each request. */
  readonly tokens: () => AdminTokensReading;
  readonly onRefused: (request: RefusedRequest) => void;
}

/** Longer than any answer takes. */
const FINISH_MS = 2000;

export class AdminServer {
  readonly #options: AdminServerOptions;
  readonly #server: Server;
  readonly #attempts = new AdminAttempts();
  readonly #streams = new Set<ServerResponse>();
  #boundTo = '';

  constructor(options: AdminServerOptions) {
    this.#options = options;
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
        this.#boundTo = bound.address;
        resolve({ host: bound.address, port: bound.port });
      });
    });
  }

  /**
   * Accepts nothing more; ends streams; resolves once the requests under way are answered, or after `FINISH_MS` cut
   * off.
   */
  async finish(): Promise<void> {
    const cutOff = setTimeout(() => this.#server.closeAllConnections(), FINISH_MS);
    await new Promise((resolve) => {
      this.#server.close(resolve);
      for (const response of this.#streams) response.end();
      this.#server.closeIdleConnections();
    });
    clearTimeout(cutOff);
  }

  /** Ends at once, open requests included. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A body is nothing that any route asks for.
    request.resume();
    const answer = await this.#answer(request);
    const { status, contentType, body, headers, stream } = answer;
    response.writeHead(status, {
      'Content-Type': contentType,
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      // A stream's connection is gone with it, so that the listener may close.
      ...(stream === undefined ? { 'Content-Length': Buffer.byteLength(body) } : { Connection: 'close' }),
      ...headers,
    });
    const isOver = request.method === 'HEAD' || response.destroyed || !this.#server.listening;
    if (stream === undefined || isOver) response.end(body);
    else this.#stream(response, stream);
  }

  #stream(response: ServerResponse, stream: NonNullable<AdminAnswer['stream']>): void {
    response.flushHeaders();
    this.#streams.add(response);
    response.once('close', () => this.#streams.delete(response));
    stream(response);
  }

  async #answer(request: IncomingMessage): Promise<AdminAnswer> {
    const { method = '', url = '/' } = request;
    const path = url.split('?', 1)[0] ?? '';
    const query = new URLSearchParams(url.slice(path.length));
    const found = this.#options.routes.flatMap((route) => {
      const name = matchPath(route.path, path);
      return name === undefined ? [] : [{ route, name }];
    });
    if (found.length === 0) return errorAnswer(404, 'not_found', `There is ${this.#paths()}.`);
    const match = found.find(({ route }) => route.method === (method === 'HEAD' ? 'GET' : method));
    if (match === undefined) return wrongMethod(found.map(({ route }) => route.method));
    try {
      const reading = this.#options.tokens();
      const refusal = this.#refusalOf(request, match.route, reading);
      if (refusal !== undefined) return refusal;
      const { accept = '' } = request.headers;
      return await match.route.answer({ name: match.name, query, accept, caller: callerOf(request, reading) });
    } catch (error) {
      return errorAnswer(500, 'internal', describeError(error).message);
    }
  }

  #refusalOf(
    { headers, socket }: IncomingMessage,
    { access, path }: AdminRoute,
    reading: AdminTokensReading,
  ): AdminAnswer | undefined {
    const said = refusalFor(
      {
        authorization: headers.authorization,
        host: headers.host,
        origin: headers.origin,
        secFetchSite: textOf(headers['sec-fetch-site']),
        boundTo: this.#boundTo,
      },
      access,
      reading,
    );
    const client = socket.remoteAddress ?? '';
    const waitMs = this.#judge(client, bearerOf(headers.authorization), access, said);
    const code = waitMs > 0 ? 'too_many_attempts' : said;
    if (code === undefined) return undefined;
    const reason = reading.ok ? undefined : reading.reason;
    this.#options.onRefused({ code, client, route: path, reason });
    return answerTo(code, waitMs);
  }

  /** Of a request that is judged by its token: ms until one of that client is looked at, 0 for at once. */
  #judge(client: string, token: string | undefined, access: AdminAccess, said: AdminRefusal | undefined): number {
    if (token === undefined || access === 'page' || access === 'none') return 0;
    const wasRight = said === undefined || said === 'insufficient_scope';
    if (!wasRight && said !== 'invalid_token') return 0;
    const waitMs = this.#attempts.waitFor(client, token);
    if (waitMs > 0) return waitMs;
    if (wasRight) this.#attempts.wasRight(client, token);
    else this.#attempts.wasWrong(client, token);
    return 0;
  }

  #paths(): string {
    const told = this.#options.routes.filter(({ path, access }) => access !== 'page' || path === '/');
    return [...new Set(told.map(({ path }) => path))].join(', ');
  }
}

function wrongMethod(methods: readonly AdminRoute['method'][]): AdminAnswer {
  const allowed = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
  return {
    ...errorAnswer(405, 'method_not_allowed', `${allowed} only.`),
    headers: { Allow: allowed },
  };
}

function textOf(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'object' ? header.join(', ') : header;
}
