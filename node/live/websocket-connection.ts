/**
 * One connection of the WebSocket transport. It is the outlet of the session that shook hands or connected on it last:
 * what is delivered goes out at once, and a held `/meta/connect` only tells both sides that the other is there.
 */
import type { Logger } from 'pino';
import type { RawData } from 'ws';
import { type BayeuxSocket, CLOSE } from './bayeux-socket.ts';
import { DISCONNECT } from './channels.ts';
import type { Caller, Clients } from './clients.ts';
import type { Outlet } from './cometd-library.ts';
import type { BayeuxSession } from './cometd-server.ts';
import { BAYEUX_ERRORS, type BayeuxErrorCode } from './errors.ts';
import { type BayeuxMessage, type BayeuxReply, parseEnvelope } from './message.ts';
import type { LiveOptions } from './options.ts';
import type { Connected, MessageProcessor, Processed } from './processor.ts';
import { TokenBucket } from './token-bucket.ts';
import type { LiveTraffic } from './traffic.ts';

export interface WebSocketConnectionOptions {
  readonly processor: MessageProcessor;
  readonly clients: Clients;
  readonly options: LiveOptions;
  readonly address: string;
  readonly browserId: string | undefined;
  readonly traffic: LiveTraffic;
  readonly log: Logger;
}

/** Bytes on their way beyond which messages wait in the session's queue, whose length is limited. */
const HIGH_WATER_BYTES = 1024 * 1024;

export class WebSocketConnection implements Caller, Outlet {
  readonly address: string;
  readonly browserId: string | undefined;
  readonly #socket: BayeuxSocket;
  readonly #options: WebSocketConnectionOptions;
  /** For what names no session: a session counts by itself. */
  readonly #strangers: TokenBucket;
  readonly #inbox: Buffer[] = [];
  #working = false;
  #session: BayeuxSession | undefined;
  #held: { readonly reply: BayeuxReply; readonly timer: NodeJS.Timeout } | undefined;
  /** Runs while there is no session. */
  #idle: NodeJS.Timeout | undefined;

  constructor(socket: BayeuxSocket, options: WebSocketConnectionOptions) {
    this.address = options.address;
    this.browserId = options.browserId;
    this.#socket = socket;
    this.#options = options;
    this.#strangers = new TokenBucket(options.clients.rate, performance.now());
    this.#awaitSession();
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('error', (error) => this.#failed(error));
    socket.on('close', () => this.#closed());
  }

  /** The upgrade has bound the client: only there can a WebSocket carry a cookie. */
  bind(): void {}

  resume(): void {
    const session = this.#session;
    if (session === undefined) return;
    if (session.present) this.#flush(session);
    else this.#dismiss(session);
  }

  cancel(): void {
    this.#release();
    this.#socket.close(CLOSE.normal, 'superseded or expired');
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (isBinary) {
      this.#cutOff(CLOSE.unsupported, 'binary');
      return;
    }
    // `ws` gives one Buffer for each message, unless told otherwise by `binaryType`.
    this.#inbox.push(data as Buffer);
    if (this.#working) this.#socket.pause();
    else void this.#work();
  }

  /** One message after the other, in order; while some wait, the client is not read. */
  async #work(): Promise<void> {
    this.#working = true;
    try {
      for (let text = this.#inbox.shift(); text !== undefined; text = this.#inbox.shift()) await this.#answer(text);
    } catch (error) {
      this.#options.log.error({ err: error }, 'websocket message failed');
      this.#cutOff(CLOSE.policy, 'internal');
    } finally {
      this.#working = false;
      this.#socket.resume();
    }
  }

  async #answer(text: Buffer): Promise<void> {
    const envelope = parseEnvelope(text, this.#options.options);
    if (envelope.outcome === 'refused') {
      this.#options.traffic.refused(BAYEUX_ERRORS[envelope.code]);
      this.#send([JSON.stringify({ successful: false, error: BAYEUX_ERRORS[envelope.code] })]);
      this.#endure();
      return;
    }
    this.#options.traffic.received('websocket', envelope.messages.length, text.length);
    for (const parsed of envelope.messages) {
      if (this.#socket.readyState !== this.#socket.OPEN) return;
      if (parsed.outcome === 'invalid') {
        this.#options.traffic.refused(parsed.reply.error);
        this.#send([JSON.stringify(parsed.reply)]);
        this.#endure();
      } else {
        this.#take(parsed.message, await this.#options.processor.process(parsed.message, this));
      }
    }
  }

  #take(message: BayeuxMessage, processed: Processed): void {
    this.#options.traffic.refused(processed.reply.error);
    switch (processed.outcome) {
      case 'replied':
        this.#send([JSON.stringify(processed.reply)]);
        if (processed.session === undefined) this.#endure();
        if (message.channel === DISCONNECT && processed.reply.successful) this.#socket.close(CLOSE.normal);
        break;
      case 'cut':
        this.#send([JSON.stringify(processed.reply)]);
        this.#socket.close(CLOSE.policy, processed.reply.error);
        break;
      case 'handshaken':
        if (this.#attach(processed.session)) this.#sendLast(processed.session, processed.reply);
        break;
      case 'connected':
        if (this.#attach(processed.session)) this.#hold(processed);
    }
  }

  /** Moves the session here, from wherever it was; false when the connection has closed meanwhile. */
  #attach(session: BayeuxSession): boolean {
    if (this.#socket.readyState !== this.#socket.OPEN) {
      if (session.outlet === undefined) session.expectConnect();
      return false;
    }
    const previous = this.#session;
    if (previous !== session) this.#release();
    if (previous !== session && previous?.present) previous.expectConnect();
    if (session.outlet !== this) session.outlet?.cancel();
    session.outlet = this;
    this.#session = session;
    clearTimeout(this.#idle);
    return true;
  }

  #release(): void {
    this.#dropHeld();
    if (this.#session?.outlet === this) this.#session.outlet = undefined;
    this.#session = undefined;
    this.#awaitSession();
  }

  #awaitSession(): void {
    clearTimeout(this.#idle);
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const { maxIntervalMs } = this.#options.options;
    this.#idle = setTimeout(() => this.#socket.close(CLOSE.policy, 'no client'), maxIntervalMs);
  }

  #hold({ session, reply, holdMs }: Connected): void {
    this.#dropHeld();
    this.#flush(session);
    if (holdMs === 0) {
      this.#sendLast(session, reply);
      return;
    }
    const timer = setTimeout(() => {
      this.#held = undefined;
      this.#sendLast(session, reply);
    }, holdMs);
    this.#held = { reply, timer };
  }

  #dropHeld(): void {
    clearTimeout(this.#held?.timer);
    this.#held = undefined;
  }

  /** Sends a reply after which the client is to connect, in time after it has got it. */
  #sendLast(session: BayeuxSession, reply: BayeuxReply): void {
    this.#send([JSON.stringify(reply)], () => {
      if (session.outlet === this && this.#held === undefined) session.expectConnect();
    });
  }

  #flush(session: BayeuxSession): void {
    if (!session.hasMessages || this.#socket.bufferedAmount > HIGH_WATER_BYTES) return;
    this.#send(session.drain([]));
  }

  /** Of a session that has been removed: by its client, who has a reply to come, or by the node. */
  #dismiss(session: BayeuxSession): void {
    const held =
      this.#held === undefined ? [] : [JSON.stringify({ ...this.#held.reply, advice: { reconnect: 'none' } })];
    const queued = this.#socket.bufferedAmount > HIGH_WATER_BYTES ? [] : session.drain([]);
    this.#release();
    // The reply to a held connect comes first: the stock client closes when it is disconnected and nothing is held.
    this.#send([...held, ...queued]);
    if (!this.#working) this.#socket.close(CLOSE.policy, 'removed');
  }

  #send(messages: readonly string[], sent: () => void = () => {}): void {
    if (messages.length === 0 || this.#socket.readyState !== this.#socket.OPEN) return;
    const text = `[${messages.join(',')}]`;
    this.#options.traffic.sent('websocket', messages.length, Buffer.byteLength(text));
    this.#socket.send(text, (error) => {
      if (error) return;
      sent();
      // What had to wait because too much was on its way.
      this.resume();
    });
  }

  #endure(): void {
    if (!this.#strangers.take(performance.now())) this.#cutOff(CLOSE.policy, 'too_many_messages');
  }

  #cutOff(code: number, error: BayeuxErrorCode): void {
    const session = this.#session;
    this.#release();
    session?.remove(BAYEUX_ERRORS[error]);
    this.#options.traffic.refused(BAYEUX_ERRORS[error]);
    this.#socket.cutOff(code, error);
  }

  #failed(error: Error & { readonly code?: string }): void {
    this.#options.log.debug({ err: error, address: this.address }, 'websocket failed');
    // Bytes that are not as they must be; a connection that breaks may be followed by another.
    if (!error.code?.startsWith('WS_ERR_')) return;
    const refused = BAYEUX_ERRORS[this.#socket.failure ?? 'malformed'];
    this.#options.traffic.refused(refused);
    this.#session?.remove(refused);
  }

  #closed(): void {
    const session = this.#session;
    this.#release();
    clearTimeout(this.#idle);
    if (session?.present) session.expectConnect();
  }
}
