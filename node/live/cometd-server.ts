/**
 * The broker, its sessions and channels, over `cometd-nodejs-server`, whose HTTP transport is not used:
 *
 * - It finds sessions by the browser's cookie, in a closure, so a session begun on a WebSocket could not go on by long
 *   polling, and a browser without third-party cookies could not poll at all.
 * - When the client of a held poll is gone, what is delivered next empties the queue into the void, and a request that
 *   fails leaves its session without an expiration.
 * - It reads bodies without a limit, and hands messages on with whatever fields the client gave them.
 */
import { CONNECT } from './channels.ts';
import {
  type Completion,
  createLibraryServer,
  type LibraryMessage,
  type LibraryServer,
  type LibrarySession,
  type Outlet,
} from './cometd-library.ts';
import { Expiry } from './expiry.ts';
import { type BayeuxMessage, type BayeuxReply, disconnected } from './message.ts';

/** What clients may do. The names of channels are valid. */
export interface ChannelPolicy {
  /** @param wanted how many channels the client subscribes to at once, this one included */
  maySubscribe(session: BayeuxSession, channel: string, wanted: number): boolean;
  mayPublish(session: BayeuxSession, channel: string): boolean;
}

/** What is known of the request that brought a message. */
export interface Exchange {
  /** Of the client, for limits. */
  readonly address: string;
  /** Binds the client to this node, where the transport still can; for this session, once it has one. */
  bind(sessionToken?: string): void;
}

export interface ServiceRequest {
  readonly session: BayeuxSession;
  readonly data: unknown;
  readonly exchange: Exchange;
}

export interface BrokerOptions {
  readonly maxIntervalMs: number;
  readonly sweepMs: number;
  readonly policy: ChannelPolicy;
}

/** Sessions and channels. Knows no transports: those call it, and are called through outlets. */
export class Broker {
  readonly #server: LibraryServer;
  readonly #maxIntervalMs: number;
  readonly #expiry: Expiry;
  readonly #sessions = new Map<string, BayeuxSession>();
  /** The request behind each message in work. */
  readonly #exchanges = new WeakMap<object, Exchange>();

  constructor({ maxIntervalMs, sweepMs, policy }: BrokerOptions) {
    this.#maxIntervalMs = maxIntervalMs;
    this.#server = createLibraryServer(sweepMs);
    this.#expiry = new Expiry(sweepMs, (now) => {
      for (const session of this.#sessions.values()) if (session.isExpired(now)) session.expire();
    });
    const decide = (
      { id }: LibrarySession,
      done: Completion<boolean>,
      decision: (session: BayeuxSession) => boolean,
    ): void => {
      const session = this.#sessions.get(id);
      done(undefined, session !== undefined && decision(session));
    };
    this.#server.policy = {
      // Asked before one of the others, when the channel does not exist yet.
      canCreate: (librarySession, message, channel, done) =>
        decide(librarySession, done, (session) =>
          message.subscription === undefined
            ? policy.mayPublish(session, channel)
            : policy.maySubscribe(session, channel, lengthOf(message.subscription)),
        ),
      canSubscribe: (librarySession, message, { name }, done) =>
        decide(librarySession, done, (session) => policy.maySubscribe(session, name, lengthOf(message.subscription))),
      canPublish: (librarySession, _message, { name }, done) =>
        decide(librarySession, done, (session) => policy.mayPublish(session, name)),
    };
  }

  get size(): number {
    return this.#sessions.size;
  }

  sessions(): IterableIterator<BayeuxSession> {
    return this.#sessions.values();
  }

  session(clientId: string): BayeuxSession | undefined {
    return this.#sessions.get(clientId);
  }

  /** Opens a session with the message of its handshake. */
  async handshake(message: BayeuxMessage, exchange: Exchange): Promise<{ session: BayeuxSession; reply: BayeuxReply }> {
    const session = new BayeuxSession(this.#server, this.#server._newServerSession(), this.#maxIntervalMs);
    // The library cannot remove a session without a listener to this.
    session.onRemoved(() => this.#sessions.delete(session.id));
    const reply = await this.process(session, message, exchange);
    if (session.present) this.#sessions.set(session.id, session);
    return { session, reply };
  }

  /** Opens a service channel. The message is acknowledged when the listener has resolved; it must not reject. */
  onService(channel: string, listener: (request: ServiceRequest) => Promise<void>): void {
    this.#server.createServerChannel(channel).addListener('message', ({ id }, _channel, message, done) => {
      const session = this.#sessions.get(id);
      const exchange = this.#exchanges.get(message);
      if (session === undefined || exchange === undefined) done(undefined, false);
      else void listener({ session, data: message.data, exchange }).then(() => done(undefined, true), done);
    });
  }

  /**
   * @returns the reply; a successful one to `/meta/connect` may be held back
   * Rejects when the library fails, as with data nested too deep to be serialized.
   */
  process(session: BayeuxSession, message: BayeuxMessage, exchange: Exchange): Promise<BayeuxReply> {
    const passed: LibraryMessage = { ...message };
    this.#exchanges.set(passed, exchange);
    return new Promise((resolve, reject) => {
      session.process(passed, (failure) => {
        if (failure || passed.reply === undefined) reject(failure ?? new Error('no reply'));
        else resolve(passed.reply);
      });
    });
  }

  close(): void {
    this.#expiry.close();
    this.#server.close();
  }
}

/** One client, whatever connections it uses. */
export class BayeuxSession {
  readonly #server: LibraryServer;
  readonly #session: LibrarySession;
  readonly #maxIntervalMs: number;
  #queueLength = 0;
  /** When it has to go for want of a connect, ms of the monotonic clock. The library's own expiry is not used. */
  #expiresAt = Number.POSITIVE_INFINITY;

  constructor(server: LibraryServer, session: LibrarySession, maxIntervalMs: number) {
    this.#server = server;
    this.#session = session;
    this.#maxIntervalMs = maxIntervalMs;
    session.addListener('queueOffer', (_session, { _json }) => {
      this.#queueLength += _json.length;
    });
  }

  /** The `clientId`. */
  get id(): string {
    return this.#session.id;
  }

  /** From the handshake until the removal. */
  get present(): boolean {
    return this.#session._handshaken;
  }

  get outlet(): Outlet | undefined {
    return this.#session._scheduler ?? undefined;
  }

  set outlet(outlet: Outlet | undefined) {
    this.#session._scheduler = outlet ?? null;
  }

  get hasMessages(): boolean {
    return this.#session._hasMessages;
  }

  /** Characters of JSON that wait to be taken. */
  get queueLength(): number {
    return this.#queueLength;
  }

  get subscriptionCount(): number {
    return this.#session.subscriptions.length;
  }

  onRemoved(listener: () => void): void {
    this.#session.addListener('removed', listener);
  }

  onQueued(listener: () => void): void {
    this.#session.addListener('queueOffer', listener);
  }

  deliver(channel: string, data: unknown): void {
    this.#session.deliver(null, channel, data);
  }

  /** Takes what waits, as JSON texts, to go out together with these replies. */
  drain(replies: readonly BayeuxReply[]): readonly string[] {
    this.#queueLength = 0;
    return this.#session._drainQueue(replies).map(({ _json }) => _json);
  }

  /** What is delivered meanwhile waits until `endBatch`. */
  startBatch(): void {
    this.#session._startBatch();
  }

  endBatch(): void {
    this.#session._endBatch();
  }

  /** How long the connect just processed may be held: `timeoutMs`, or what its advice asked for. */
  holdTime(timeoutMs: number): number {
    return this.#session._calculateTimeout(timeoutMs);
  }

  /** From now on the client has `maxInterval`, and what interval it asked for, to connect again. */
  expectConnect(): void {
    this.#expiresAt = performance.now() + this.#session._calculateInterval(0) + this.#maxIntervalMs;
  }

  isExpired(now: number): boolean {
    return now >= this.#expiresAt;
  }

  expire(): void {
    this.outlet?.cancel();
    this.#server._removeServerSession(this.#session, true);
  }

  /** Ends the subscriptions to channels that the predicate picks. */
  unsubscribe(picked: (channel: string) => boolean): void {
    for (const channel of this.#session.subscriptions) {
      if (picked(channel.name)) channel._unsubscribe(this.#session, null, () => {});
    }
  }

  /** Removes the session and tells its client why; `error` is a Bayeux error. */
  remove(error: string): void {
    const removed = this.#server._removeServerSession(this.#session, false);
    if (removed !== undefined) this.#session._deliver(null, disconnected(error));
  }

  process(message: LibraryMessage, done: Completion): void {
    if (message.channel === CONNECT) this.#expiresAt = Number.POSITIVE_INFINITY;
    else if (this.#expiresAt !== Number.POSITIVE_INFINITY) this.expectConnect();
    this.#server._process(this.#session, message, (failure) => {
      if (failure || message.reply === undefined) done(failure);
      else this.#server._extendReply(this.#session, message.reply, done);
    });
  }
}

function lengthOf(subscription: string | readonly string[] | undefined): number {
  return typeof subscription === 'object' ? subscription.length : 1;
}
