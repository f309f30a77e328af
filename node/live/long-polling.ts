/** The long-polling transport: a POST of messages is answered with their replies and with what waits for the client. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { linger, readBody } from '../body.ts';
import type { Clients } from './clients.ts';
import { BAYEUX_ERRORS, type BayeuxErrorCode } from './errors.ts';
import { HeldPolls } from './held-polls.ts';
import { parseEnvelope } from './message.ts';
import type { LiveOptions } from './options.ts';
import { PollExchange } from './poll-exchange.ts';
import type { MessageProcessor } from './processor.ts';
import type { LiveTraffic } from './traffic.ts';

export interface LongPollingOptions {
  readonly processor: MessageProcessor;
  readonly clients: Clients;
  readonly options: LiveOptions;
  /** Binds a client to this node: a Set-Cookie value. */
  readonly stickinessCookie: string;
  readonly traffic: LiveTraffic;
}

export class LongPolling {
  readonly #options: LongPollingOptions;
  readonly #polls: HeldPolls;

  constructor(options: LongPollingOptions) {
    this.#options = options;
    this.#polls = new HeldPolls(options.options.maxPollsPerBrowser);
  }

  /** Answers a POST. Headers common to all answers are set already. */
  async answer(request: IncomingMessage, response: ServerResponse, address: string): Promise<void> {
    const { options, traffic } = this.#options;
    const body = await readBody(request, options.maxMessageBytes);
    switch (body.outcome) {
      case 'aborted':
        return;
      case 'too_large':
        response.setHeader('Connection', 'close');
        traffic.refused(BAYEUX_ERRORS.message_too_large);
        refuse(response, 413, 'message_too_large');
        await linger(request);
        response.end();
        return;
      case 'read': {
        const envelope = parseEnvelope(body.bytes, options);
        if (envelope.outcome === 'messages') {
          traffic.received('long-polling', envelope.messages.length, body.bytes.length);
          const exchange = new PollExchange(request, response, { ...this.#options, address, polls: this.#polls });
          return exchange.run(envelope.messages);
        }
        traffic.refused(BAYEUX_ERRORS[envelope.code]);
        refuse(response, envelope.code === 'batch_too_long' ? 413 : 400, envelope.code);
        response.end();
      }
    }
  }

  get heldPolls(): number {
    return this.#polls.size;
  }

  /** Answers the polls that are held; from now on none is. */
  stop(): void {
    this.#polls.stop();
  }
}

/** Refuses a body as a whole. Does not end the response. */
function refuse(response: ServerResponse, status: number, code: BayeuxErrorCode): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.write(JSON.stringify([{ successful: false, error: BAYEUX_ERRORS[code] }]));
}
