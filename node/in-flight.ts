/** The requests of a server that have not been answered to the end, each told when it has. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { refusalOf } from './answers.ts';
import type { ErrorCode } from './errors.ts';

export interface EndedRequest {
  /** The request target. */
  readonly target: string;
  /** HTTP status; undefined when the client was gone before an answer. */
  readonly status: number | undefined;
  /** When the answer was an error. */
  readonly refusal: ErrorCode | undefined;
  readonly seconds: number;
}

export class InFlight {
  readonly #server: Server;
  readonly #ended: (request: EndedRequest) => void;
  #count = 0;
  #closing = false;

  constructor(server: Server, ended: (request: EndedRequest) => void) {
    this.#server = server;
    this.#ended = ended;
    server.on('request', (request, response) => this.#track(request, response));
  }

  /**
   * Stops listening, and resolves when all requests have ended and all connections are closed. Connections whose
   * requests take longer than `finishMs` are cut.
   */
  async finish(finishMs: number): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#closing = true;
    this.#closeUnused();
    const deadline = setTimeout(() => this.#server.closeAllConnections(), finishMs);
    await closed;
    clearTimeout(deadline);
  }

  /** `closeIdleConnections` would leave those that never sent a byte. */
  #closeUnused(): void {
    if (this.#closing && this.#count === 0) this.#server.closeAllConnections();
  }

  #track({ url: target = '' }: IncomingMessage, response: ServerResponse): void {
    const startedAt = performance.now();
    this.#count++;
    response.once('close', () => {
      this.#count--;
      this.#closeUnused();
      const status = response.headersSent ? response.statusCode : undefined;
      const seconds = (performance.now() - startedAt) / 1_000;
      this.#ended({ target, status, refusal: refusalOf(response), seconds });
    });
  }
}
