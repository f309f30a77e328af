/** The long-polling transport: a POST of messages is answered with their replies and with what waits for the client. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from '../body.ts';
import { DISCONNECT } from './channels.ts';
import { ClientIdScanner } from './client-id-scanner.ts';
import type { Clients } from './clients.ts';
import type { BayeuxSession } from './cometd-server.ts';
import { browserIdOf } from './cookies.ts';
import { BAYEUX_ERRORS } from './errors.ts';
import { HeldPolls } from './held-polls.ts';
import { type BayeuxReply, parseEnvelope } from './message.ts';
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
  /** Said along with it. */
  readonly instanceId: string;
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
    const browserId = browserIdOf(request.headers);
    const senders = new Set<BayeuxSession>();
    const scanner = new ClientIdScanner((clientId) => {
      const session = clients.find(clientId, { browserId });
      if (session !== undefined) senders.add(session);
    });
    const body = await readBody(request, options.maxMessageBytes, (chunk) => scanner.scan(chunk));
    switch (body.outcome) {
      case 'aborted':
        return;
      case 'too_large':
        this.#cutOff(response, senders);
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
  #cutOff(response: ServerResponse, senders: ReadonlySet<BayeuxSession>): void {
    const error = BAYEUX_ERRORS.message_too_large;
    this.#options.traffic.refused(error);
    for (const session of senders) session.remove(error);
    response.setHeader('Connection', 'close');
    const known = { channel: DISCONNECT, successful: false, error, advice: { reconnect: 'none' } } as const;
    refuse(response, 413, senders.size > 0 ? known : { successful: false, error });
  }
}

/** Refuses a body as a whole. */
function refuse(response: ServerResponse, status: number, reply: BayeuxReply): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify([reply]));
}
