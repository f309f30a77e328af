/** What happens to one message, whatever transport brought it. Transports only hold connects and carry replies. */
import type { Logger } from 'pino';
import { CONNECT, HANDSHAKE } from './channels.ts';
import type { Caller, Clients } from './clients.ts';
import type { BayeuxSession, Broker } from './cometd-server.ts';
import { BAYEUX_ERRORS, type BayeuxErrorCode } from './errors.ts';
import type { Advice, BayeuxMessage, BayeuxReply } from './message.ts';
import type { LiveOptions } from './options.ts';

export const CONNECTION_TYPES = ['websocket', 'long-polling'] as const;

/** The reply is due when there is something to deliver, at the latest after `holdMs`. */
export interface Connected {
  readonly outcome: 'connected';
  readonly session: BayeuxSession;
  readonly reply: BayeuxReply;
  readonly holdMs: number;
}

export type Processed =
  /** `session` is undefined for a stranger. */
  | { readonly outcome: 'replied'; readonly session: BayeuxSession | undefined; readonly reply: BayeuxReply }
  | { readonly outcome: 'handshaken'; readonly session: BayeuxSession; readonly reply: BayeuxReply }
  | Connected
  /** The client has been removed: what else it sent is not looked at. */
  | { readonly outcome: 'cut'; readonly session: BayeuxSession; readonly reply: BayeuxReply };

/** How long a client that was refused for load should stay away; ms. */
const REFUSED_INTERVAL_MS = 5_000;

export interface MessageProcessorOptions {
  readonly broker: Broker;
  readonly clients: Clients;
  readonly options: LiveOptions;
  /** A sign of life of a client. */
  readonly touched: (session: BayeuxSession) => void;
  readonly log: Logger;
}

export class MessageProcessor {
  readonly #broker: Broker;
  readonly #clients: Clients;
  readonly #options: LiveOptions;
  readonly #touched: (session: BayeuxSession) => void;
  readonly #log: Logger;

  constructor({ broker, clients, options, touched, log }: MessageProcessorOptions) {
    this.#broker = broker;
    this.#clients = clients;
    this.#options = options;
    this.#touched = touched;
    this.#log = log;
  }

  /** Never rejects. */
  async process(message: BayeuxMessage, caller: Caller): Promise<Processed> {
    if (message.channel === HANDSHAKE) return this.#handshake(message, caller);
    const session = this.#clients.find(message.clientId, caller);
    if (session === undefined) return { outcome: 'replied', session, reply: unknownClient(message) };
    if (!this.#clients.mayCarryOn(session)) {
      this.#log.warn({ address: caller.address, clientId: session.id }, 'client floods');
      session.remove(BAYEUX_ERRORS.too_many_messages);
      return { outcome: 'cut', session, reply: refusal(message, 'too_many_messages', { reconnect: 'none' }) };
    }
    this.#touched(session);
    const reply = await this.#reply(session, message, caller);
    if (message.channel !== CONNECT || !reply.successful) return { outcome: 'replied', session, reply };
    this.#clients.connected(session);
    // A client that asks for a timeout of its own has just started or come back: it is told those of the node.
    if (message.advice?.timeout !== undefined) reply.advice = this.#advice;
    return { outcome: 'connected', session, reply, holdMs: session.holdTime(this.#options.timeoutMs) };
  }

  async #handshake(message: BayeuxMessage, caller: Caller): Promise<Processed> {
    try {
      const handshake = await this.#clients.handshake(message, caller);
      if (handshake.outcome === 'refused') {
        const advice = { reconnect: 'handshake', interval: REFUSED_INTERVAL_MS } as const;
        return { outcome: 'replied', session: undefined, reply: refusal(message, handshake.code, advice) };
      }
      const { session, reply } = handshake;
      reply.supportedConnectionTypes = CONNECTION_TYPES;
      reply.advice = this.#advice;
      return { outcome: 'handshaken', session, reply };
    } catch (error) {
      this.#log.error({ err: error }, 'handshake failed');
      return { outcome: 'replied', session: undefined, reply: refusal(message, 'internal') };
    }
  }

  async #reply(session: BayeuxSession, message: BayeuxMessage, caller: Caller): Promise<BayeuxReply> {
    try {
      const reply = await this.#broker.process(session, message, caller);
      // The library's words differ by whether the channel exists, which is none of the client's business.
      return reply.error?.startsWith('403::') ? { ...reply, error: BAYEUX_ERRORS.denied } : reply;
    } catch (error) {
      // Data nested so deep that it cannot be serialized is the client's fault.
      if (error instanceof RangeError) return refusal(message, 'malformed');
      this.#log.error({ err: error, channel: message.channel }, 'message failed');
      return refusal(message, 'internal');
    }
  }

  get #advice(): Advice {
    const { timeoutMs, maxIntervalMs } = this.#options;
    return { reconnect: 'retry', interval: 0, timeout: timeoutMs, maxInterval: maxIntervalMs };
  }
}

/** Bayeux 1.0 §3.5.1: the client is to start anew with a handshake. */
export function unknownClient(message: BayeuxMessage): BayeuxReply {
  return refusal(message, 'unknown_client', { reconnect: 'handshake', interval: 0 });
}

export function refusal({ channel, id }: BayeuxMessage, code: BayeuxErrorCode, advice?: Advice): BayeuxReply {
  return { channel, id, successful: false, error: BAYEUX_ERRORS[code], ...(advice === undefined ? {} : { advice }) };
}
