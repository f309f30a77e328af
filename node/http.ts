/** HTTP around the functions: timeouts, bodies, and refusals of what is not valid, on `node:http`. */
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { type Answer, rawAnswer, refuse, withHeaders, writeAnswer } from './answers.ts';
import { discardBody, hasBody, linger } from './body.ts';
import type { ErrorCode } from './errors.ts';
import type { RestFunctions } from './rest.ts';

/**
 * Longer than a balancer keeps an idle connection to a node (30 s by default in ours): whoever sends on an idle
 * connection should be the one that closes it. The other way round, a request may meet a connection just closed.
 */
const KEEP_ALIVE_MS = 75_000;
const HEAD_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** How often the two timeouts above are looked at. */
const TIMEOUT_CHECK_MS = 5_000;

/** What `node:http` calls the errors that it reports without a response; all others are bad requests. */
const UNREADABLE: ReadonlyMap<string | undefined, ErrorCode> = new Map([
  ['HPE_HEADER_OVERFLOW', 'head_too_large'],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 'body_too_large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 'request_timeout'],
]);

const CLOSE = { Connection: 'close' };

/** Answers requests for certain paths by itself, because it reads bodies, holds answers back, or sends files. */
export interface HttpResource {
  owns(target: string): boolean;
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Takes over the socket of a request that asks for a WebSocket. */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export interface HttpServerOptions {
  readonly rest: RestFunctions;
  /** Asked before the REST functions. */
  readonly resources?: readonly HttpResource[];
  /** Told of bytes that were refused because they are no request. */
  readonly unreadable: (code: ErrorCode) => void;
  /** Whether answers should close their connections. */
  readonly closing: () => boolean;
  readonly log: Logger;
}

/** A server that does not listen yet. */
export function createHttpServer(options: HttpServerOptions): Server {
  const exchanges = new WeakMap<Duplex, Exchange>();
  const server = createServer(
    {
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: HEAD_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      // `Exchange` checks it, and answers with a JSON body.
      requireHostHeader: false,
    },
    (request, response) => {
      const exchange = new Exchange(request, response, options);
      exchanges.set(request.socket, exchange);
      void exchange.run();
    },
  );
  server.on('checkExpectation', (request, response) =>
    new Exchange(request, response, options).send(refuse('expectation_failed')),
  );
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', (error) => options.log.debug({ err: error }, 'upgraded connection failed'));
    const resource = isWebSocket(request) ? findResource(options, request) : undefined;
    if (resource?.upgrade !== undefined) resource.upgrade(request, socket, head);
    else ignoreUpgrade(request, socket, options);
  });
  server.on('clientError', ({ code }: NodeJS.ErrnoException, socket) => {
    const refusal = UNREADABLE.get(code) ?? 'bad_request';
    options.unreadable(refusal);
    refuseUnreadable(refusal, socket, exchanges);
  });
  return server;
}

function findResource(options: HttpServerOptions, { url = '' }: IncomingMessage): HttpResource | undefined {
  return options.resources?.find((resource) => resource.owns(url));
}

function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/**
 * Answers as if the request asked for no upgrade (RFC 9110 §7.8), and closes: `node:http` has let go of the connection,
 * and with it of a body, so a request that has one is refused.
 */
function ignoreUpgrade(request: IncomingMessage, socket: Duplex, options: HttpServerOptions): void {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  // What `node:http` passes as a Duplex is the connection.
  response.assignSocket(socket as Socket);
  response.once('finish', () => socket.end());
  const exchange = new Exchange(request, response, options);
  if (hasBody(request)) exchange.send(refuse('bad_request'));
  else void exchange.run();
}

/** One request and its answer. */
class Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #options: HttpServerOptions;

  constructor(request: IncomingMessage, response: ServerResponse, options: HttpServerOptions) {
    this.#request = request;
    this.#response = response;
    this.#options = options;
  }

  /** Never rejects. */
  async run(): Promise<void> {
    try {
      await this.#answer();
    } catch (error) {
      this.#options.log.error({ err: error, method: this.#request.method }, 'request failed');
      if (this.#response.headersSent) this.#response.destroy();
      else this.send(refuse('internal_error'));
    }
  }

  send(answer: Answer): void {
    writeAnswer(this.#response, this.#options.closing() ? withHeaders(answer, CLOSE) : answer);
    this.#response.end();
  }

  /** `answering`: has been read as a whole. `refusing`: has been answered before it was. */
  get state(): 'reading' | 'refusing' | 'answering' | 'closed' {
    if (this.#response.closed) return 'closed';
    if (this.#request.complete) return 'answering';
    return this.#response.headersSent ? 'refusing' : 'reading';
  }

  onceClosed(listener: () => void): void {
    this.#response.once('close', listener);
  }

  async #answer(): Promise<void> {
    const { method = '', url: target = '', headers, httpVersion, socket } = this.#request;
    // RFC 9112 §3.2: HTTP/1.1 needs a Host header.
    if (headers.host === undefined && httpVersion !== '1.0') {
      return this.send(withHeaders(refuse('bad_request'), CLOSE));
    }
    const resource = findResource(this.#options, this.#request);
    if (resource !== undefined) {
      if (this.#options.closing()) this.#response.setHeader('Connection', 'close');
      return resource.answer(this.#request, this.#response);
    }
    switch (await discardBody(this.#request)) {
      case 'aborted':
        return;
      case 'too_large':
        writeAnswer(this.#response, withHeaders(refuse('body_too_large'), CLOSE));
        await linger(this.#request);
        this.#response.end();
        return;
      case 'discarded':
        this.send(await this.#options.rest.answer({ method, target, headers, peer: socket.remoteAddress }));
    }
  }
}

/**
 * Answers bytes that are no request, or that end the body of one wrongly. A whole request before them gets its answer
 * first, or the client would take the one for the other.
 */
function refuseUnreadable(code: ErrorCode, socket: Duplex, exchanges: WeakMap<Duplex, Exchange>): void {
  const refuseNow = (): void => {
    if (!socket.writable) socket.destroy();
    else socket.end(rawAnswer(refuse(code)), () => socket.destroy());
  };
  const last = exchanges.get(socket);
  if (last?.state === 'answering') last.onceClosed(refuseNow);
  else if (last?.state === 'refusing') socket.destroy();
  else refuseNow();
}
