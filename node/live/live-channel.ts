/** The live channel: Bayeux over long polling and WebSocket at `{base}/cometd`, put together. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { Binding } from '../binding.ts';
import { AddressLimiter } from '../limits/address-limiter.ts';
import { clientAddress, TrustedProxies } from '../limits/client-address.ts';
import type { SessionService } from '../sessions/service.ts';
import { Clients } from './clients.ts';
import { Broker } from './cometd-server.ts';
import { LongPolling } from './long-polling.ts';
import { Members, MembersOnly } from './members.ts';
import type { LiveOptions } from './options.ts';
import { MessageProcessor } from './processor.ts';
import { SessionServices } from './services.ts';
import { LiveTraffic, type Transport } from './traffic.ts';
import { WebSockets } from './websockets.ts';

export interface LiveChannelOptions {
  readonly options: LiveOptions;
  readonly sessions: SessionService;
  readonly binding: Binding;
  readonly log: Logger;
}

export interface LiveCounts {
  /** Bayeux sessions. */
  readonly clients: number;
  /** Open WebSockets, those without a Bayeux session included. */
  readonly webSockets: number;
  readonly heldPolls: number;
}

export class LiveChannel {
  readonly traffic = new LiveTraffic();
  readonly #broker: Broker;
  readonly #longPolling: LongPolling;
  readonly #webSockets: WebSockets;
  readonly #trustedProxies: TrustedProxies;

  constructor({ options, sessions, binding, log }: LiveChannelOptions) {
    const members = new Members();
    const { maxIntervalMs, sweepMs, maxSubscriptions } = options;
    const broker = new Broker({ maxIntervalMs, sweepMs, policy: new MembersOnly(members, maxSubscriptions) });
    const misses = new AddressLimiter({ perMinute: options.failedJoinsPerMinute, burst: options.failedJoinBurst });
    const services = new SessionServices({ sessions, members, misses, log });
    const clients = new Clients({ broker, options, log, removed: (client) => void services.leave(client) });
    const processor = new MessageProcessor({
      broker,
      clients,
      options,
      touched: (client) => {
        const member = members.of(client);
        if (member !== undefined) sessions.touch(member.sessionToken);
      },
      log,
    });
    services.open(broker);
    this.#broker = broker;
    this.#trustedProxies = new TrustedProxies(options.trustedProxies);
    const { traffic } = this;
    this.#longPolling = new LongPolling({ processor, clients, options, binding, traffic });
    this.#webSockets = new WebSockets({ processor, clients, options, binding, traffic, log });
  }

  get counts(): LiveCounts {
    return {
      clients: this.#broker.size,
      webSockets: this.#webSockets.size,
      heldPolls: this.#longPolling.heldPolls,
    };
  }

  /** Clients that have a WebSocket, or that have none. */
  clients(transport: Transport): number {
    const { clients, webSockets } = this.counts;
    return transport === 'websocket' ? webSockets : Math.max(0, clients - webSockets);
  }

  /** Answers a POST of Bayeux messages. Headers common to all answers are set already. */
  answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    return this.#longPolling.answer(request, response, this.#addressOf(request));
  }

  /** Takes over the socket of a request to upgrade to a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#webSockets.upgrade(request, socket, head, this.#addressOf(request));
  }

  /** Answers held polls with the advice to start anew, and closes all WebSockets. Resolves when they are closed. */
  async close(): Promise<void> {
    this.#longPolling.stop();
    await this.#webSockets.stop();
    this.#broker.close();
  }

  #addressOf(request: IncomingMessage): string {
    const peer = request.socket.remoteAddress;
    const forwardedFor = request.headers['x-forwarded-for'];
    return clientAddress({ peer, forwardedFor }, this.#trustedProxies) ?? peer ?? 'unknown';
  }
}
