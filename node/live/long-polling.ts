/** The long-polling transport: a POST of messages is answered with their replies and with what waits for the client. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Binding } from '../binding.ts';
import { readBody } from '../body.ts';
import type { Clients } from './clients.ts';
import { BAYEUX_ERRORS } from './errors.ts';
import { HeldPolls } from './held-polls.ts';
import { type BayeuxReply, disconnected, parseEnvelope } from './message.ts';
import type { LiveOptions } from './options.ts';
import { PollExchange } from './poll-exchange.ts';
import type { MessageProcessor } from './processor.ts';
import { Senders } from './senders.ts';
import type { LiveTraffic } from './traffic.ts';

export interface LongPollingOptions {
  readonly processor: MessageProcessor;
  readonly clients: Clients;
  readonly options: LiveOptions;
  readonly binding: Binding;
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
    const { options, clients, traffic } = this.#options;
    const body = await readBody(request, options.maxMessageBytes, () => new Senders(clients, request.headers));
    switch (body.outcome) {
      case 'aborted':
        return;
      case 'too_large':
        this.#cutOff(response, body.scanner);
        return;
      case 'read': {
        const envelope = parseEnvelope(body.bytes, options);
        if (envelope.outcome === 'messages') {
          traffic.received('long-polling', envelope.messages.length, body.bytes.length);
          const exchange = new PollExchange(request, response, { ...this.#options, address, polls: this.#polls });
          return exchange.run(envelope.messages);
        }
        traffic.refused(BAYEUX_ERRORS[envelope.code]);
        refuse(response, envelope.code === 'batch_too_long' ? 413 : 400, {
          successful: false,
          error: BAYEUX_ERRORS[envelope.code],
        });
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

  /**
   * Too large: as on a WebSocket, the client is disconnected for good, and its held poll tells it so as well: the stock
   * client does not read what a 413 says. Cookies alone cut nobody off, for every page of a browser has those sent.
   */
  #cutOff(response: ServerResponse, { sessions }: Senders): void {
    const error = BAYEUX_ERRORS.message_too_large;
    this.#options.traffic.refused(error);
    for (const session of sessions) session.remove(error);
    response.setHeader('Connection', 'close');
    refuse(response, 413, sessions.size > 0 ? disconnected(error) : { successful: false, error });
  }
}

/** Refuses a body as a whole. */
function refuse(response: ServerResponse, status: number, reply: BayeuxReply): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify([reply]));
}
