/** Who is connected: admission at the handshake, whose session a `clientId` is, and how much each client may send. */
import type { Logger } from 'pino';
import { AddressLimiter } from '../limits/address-limiter.ts';
import type { BayeuxSession, Broker, Exchange } from './cometd-server.ts';
import { BAYEUX_ERRORS, type BayeuxErrorCode } from './errors.ts';
import type { BayeuxMessage, BayeuxReply } from './message.ts';
import type { LiveOptions } from './options.ts';
import { type Rate, TokenBucket } from './token-bucket.ts';

/** The request or connection that a message came by. */
export interface Caller extends Exchange {
  /** Value of the `BAYEUX_BROWSER` cookie that it carried. */
  readonly browserId: string | undefined;
}

export type Handshake =
  | { readonly outcome: 'welcome'; readonly session: BayeuxSession; readonly reply: BayeuxReply }
  | { readonly outcome: 'refused'; readonly code: BayeuxErrorCode };

export interface ClientsOptions {
  readonly broker: Broker;
  readonly options: LiveOptions;
  /** A client has disconnected, has not connected again in time, or was cut off. Must not throw. */
  readonly removed: (session: BayeuxSession) => void;
  readonly log: Logger;
}

interface ClientState {
  readonly bucket: TokenBucket;
  browserId: string | undefined;
}

export class Clients {
  readonly #broker: Broker;
  readonly #options: LiveOptions;
  readonly #removed: (session: BayeuxSession) => void;
  readonly #log: Logger;
  readonly #handshakes: AddressLimiter;
  readonly #states = new WeakMap<BayeuxSession, ClientState>();
  /** In the order of their handshakes. */
  readonly #unconnected = new Set<BayeuxSession>();

  constructor({ broker, options, removed, log }: ClientsOptions) {
    this.#broker = broker;
    this.#options = options;
    this.#removed = removed;
    this.#log = log;
    this.#handshakes = new AddressLimiter({
      perMinute: options.handshakesPerSecond * 60,
      burst: options.handshakeBurst,
    });
  }

  async handshake(message: BayeuxMessage, caller: Caller): Promise<Handshake> {
    if (!this.#handshakes.take(caller.address)) {
      this.#log.warn(
        { address: caller.address },
        'too many handshakes; if this is a balancer, make it a trusted proxy',
      );
      return { outcome: 'refused', code: 'too_many_handshakes' };
    }
    if (this.#broker.size >= this.#options.maxClients) return { outcome: 'refused', code: 'full' };
    this.#makeRoom();
    const { session, reply } = await this.#broker.handshake(message, caller);
    this.#states.set(session, { bucket: new TokenBucket(this.rate, performance.now()), browserId: undefined });
    this.#unconnected.add(session);
    session.onRemoved(() => {
      this.#unconnected.delete(session);
      this.#removed(session);
    });
    session.onQueued(() => this.#checkQueue(session));
    return { outcome: 'welcome', session, reply };
  }

  /** What one client may send. */
  get rate(): Rate {
    return { perSecond: this.#options.messagesPerSecond, burst: this.#options.messageBurst };
  }

  /**
   * The session of a `clientId`, to those who may use it. It is a secret of 160 bits; a session that is bound to a
   * browser is moreover kept from every other.
   */
  find(clientId: string | undefined, { browserId }: Pick<Caller, 'browserId'>): BayeuxSession | undefined {
    const session = clientId === undefined ? undefined : this.#broker.session(clientId);
    const bound = session && this.#states.get(session)?.browserId;
    return bound === undefined || bound === browserId ? session : undefined;
  }

  /** From now on requests for the session need this cookie. */
  bindToBrowser(session: BayeuxSession, browserId: string): void {
    const state = this.#states.get(session);
    if (state) state.browserId = browserId;
  }

  /** False for a client that floods. */
  mayCarryOn(session: BayeuxSession): boolean {
    return this.#states.get(session)?.bucket.take(performance.now()) ?? false;
  }

  connected(session: BayeuxSession): void {
    this.#unconnected.delete(session);
  }

  /** A client connects within moments of its handshake, so the oldest that have not are those that never will. */
  #makeRoom(): void {
    for (const oldest of this.#unconnected) {
      if (this.#unconnected.size < this.#options.maxUnconnected) return;
      oldest.remove(BAYEUX_ERRORS.full);
    }
  }

  /** Not at once: the library is at work with the session. */
  #checkQueue(session: BayeuxSession): void {
    if (session.queueLength <= this.#options.maxQueueLength) return;
    queueMicrotask(() => session.remove(BAYEUX_ERRORS.queue_full));
  }
}
