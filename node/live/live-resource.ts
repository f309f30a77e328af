/** The live channel as HTTP sees it: its paths, methods and cross-origin rules. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { refuse, withHeaders, writeAnswer } from '../answers.ts';
import { discardBody } from '../body.ts';
import { corsHeaders, preflightHeaders } from '../cors.ts';
import type { HttpResource } from '../http.ts';
import type { AllowedOrigins } from '../origins.ts';
import { pathOf } from '../request-path.ts';
import type { LiveChannel } from './live-channel.ts';

const METHODS = ['POST'];

export class LiveResource implements HttpResource {
  readonly #path: string;
  readonly #channel: LiveChannel;
  readonly #allowedOrigins: AllowedOrigins;

  constructor(base: string, channel: LiveChannel, allowedOrigins: AllowedOrigins) {
    this.#path = `${base}/cometd`;
    this.#channel = channel;
    this.#allowedOrigins = allowedOrigins;
  }

  /** The stock client appends the type of the message: `/cometd/handshake`, `/cometd/connect`. */
  owns(target: string): boolean {
    const path = pathOf(target);
    return path === this.#path || path.startsWith(`${this.#path}/`);
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const cors = corsHeaders(request.headers, 'everyone', this.#allowedOrigins);
    if (request.method === 'POST') {
      for (const [name, value] of Object.entries({ 'Cache-Control': 'no-store', ...cors })) {
        response.setHeader(name, value);
      }
      return this.#channel.answer(request, response);
    }
    if ((await discardBody(request)) === 'aborted') return;
    const allow = { Allow: [...METHODS, 'OPTIONS'].join(', ') };
    const answer =
      request.method === 'OPTIONS'
        ? { status: 204, headers: { ...allow, ...preflightHeaders(request.headers, METHODS) } }
        : refuse('method_not_allowed', allow);
    writeAnswer(response, withHeaders(answer, { ...cors, ...answer.headers }));
    response.end();
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#channel.upgrade(request, socket, head);
  }
}
