/**
 * The stock CometD client in Node.js, each with a cookie jar of its own, as a browser would have:
 * `cometd-nodejs-client` keeps its adapters in one global `window`, so each client puts its own there whenever it opens
 * a connection.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import * as cometd from 'cometd';
import { adapt } from 'cometd-nodejs-client';
import { WebSocket } from 'ws';

export type TransportType = 'websocket' | 'long-polling';

export type Fields = Readonly<Record<string, unknown>>;

export interface StockClientOptions {
  /** Where the channel is: `http://…/cobrowse/cometd`. */
  readonly url: string;
  /** The one transport that it may use; both when it is left out. */
  readonly transport?: TransportType;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the transports of the package do, beyond its declarations. */
interface SendingTransport {
  send(envelope: unknown, metaConnect: boolean): void;
  abort(): void;
}

const transports = cometd as unknown as {
  readonly WebSocketTransport: new () => cometd.Transport & SendingTransport;
  readonly LongPollingTransport: new () => cometd.Transport & SendingTransport & { xhrSend(packet: unknown): unknown };
};

interface TransportFailureHook {
  onTransportFailure(message: unknown, failure: object, proceed: (failure: object) => void): void;
}

interface AdapterWindow {
  XMLHttpRequest: unknown;
  WebSocket: unknown;
  console: unknown;
}

/** `adapt` keeps the cookies here: by host, then name, as `name=value`. */
interface AdapterOptions {
  globalCookies?: Record<string, Record<string, string>>;
}

const MAX_MESSAGE_SIZE = 16 * 1024 * 1024;

// The client looks for its global `window` as soon as it is made.
adapt();

export class StockClient {
  readonly cometd = new cometd.CometD();
  /** All sockets that it has opened, the last one at the end. */
  readonly sockets: WebSocket[] = [];
  readonly #adapter: AdapterOptions = {};
  readonly #messages = new Map<string, cometd.Message[]>();
  readonly #waiting = new Map<string, ((message: cometd.Message) => void)[]>();
  readonly #host: string;

  /** Not connected yet. Goes with the test. */
  constructor(t: TestContext, { url, transport, headers = {} }: StockClientOptions) {
    this.#host = new URL(url).hostname;
    this.#adapt(headers);
    if (transport === 'websocket') this.cometd.unregisterTransport('long-polling');
    if (transport === 'long-polling') this.cometd.unregisterTransport('websocket');
    this.cometd.configure({
      url,
      logLevel: 'warn',
      requestHeaders: headers,
      backoffIncrement: 50,
      maxBackoff: 200,
      // 8 KiB by default.
      maxSendBayeuxMessageSize: MAX_MESSAGE_SIZE,
    });
    t.after(() => this.abandon());
  }

  /** Shaken hands, and connected. */
  static async connect(t: TestContext, options: StockClientOptions): Promise<StockClient> {
    const client = new StockClient(t, options);
    await client.handshake();
    return client;
  }

  async handshake(): Promise<cometd.Message> {
    const connected = this.next('/meta/connect');
    const reply = await new Promise<cometd.Message>((resolve) => this.cometd.handshake(resolve));
    if (reply.successful) await connected;
    return reply;
  }

  get clientId(): string {
    const clientId = this.cometd.getClientId();
    assert.ok(clientId);
    return clientId;
  }

  /** Values by name. */
  get cookies(): ReadonlyMap<string, string> {
    const jar = Object.values(this.#adapter.globalCookies?.[this.#host] ?? {});
    return new Map(jar.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
  }

  /** @param header as in Set-Cookie, or just `name=value` */
  setCookie(header: string): void {
    const [pair = ''] = header.split(';');
    const jars = this.#adapter.globalCookies ?? {};
    const jar = jars[this.#host] ?? {};
    jars[this.#host] = jar;
    jar[pair.slice(0, pair.indexOf('='))] = pair;
  }

  /** The next message on a channel that nobody has taken yet, also one that came before the first call. */
  next(channel: string): Promise<cometd.Message> {
    this.listen(channel);
    const message = this.#messages.get(channel)?.shift();
    if (message !== undefined) return Promise.resolve(message);
    return new Promise((resolve) => this.#waiting.get(channel)?.push(resolve));
  }

  /** From now on messages on the channel are kept for `next`. No subscription: the client would take it for one. */
  listen(channel: string): void {
    if (!this.#messages.has(channel)) this.cometd.addListener(channel, this.#keep(channel));
  }

  /** Publishes to a service channel, and resolves with the `data` of the answer. */
  async ask(channel: string, data: unknown = {}): Promise<Fields> {
    const answer = this.next(channel);
    const reply = await this.publish(channel, data);
    assert.equal(reply.successful, true, JSON.stringify(reply));
    return (await answer).data;
  }

  /** Resolves with the acknowledgement. */
  publish(channel: string, data: unknown): Promise<cometd.Message> {
    return new Promise((resolve) => this.cometd.publish(channel, data, resolve));
  }

  /** Resolves with the reply. Messages are kept for `next`. */
  subscribe(channel: string): Promise<cometd.Message> {
    const keep = this.#keep(channel);
    return new Promise((resolve) => this.cometd.subscribe(channel, keep, resolve));
  }

  /**
   * By itself the client tries the WebSocket again, and another transport only with its next handshake; this is the
   * hook that it offers to applications, which may decide otherwise.
   */
  fallBackWhenWebSocketFails(): void {
    const client = this.cometd as unknown as TransportFailureHook;
    client.onTransportFailure = (_message, failure, proceed) =>
      proceed({ ...failure, action: 'retry', delay: 0, transport: this.cometd.findTransport('long-polling') });
  }

  async disconnect(): Promise<void> {
    const disconnected = this.next('/meta/disconnect');
    this.cometd.disconnect();
    await disconnected;
  }

  /** Vanishes without a word, and does not come back. */
  abandon(): void {
    this.cometd.clearListeners();
    this.cometd.registerExtension('silence', { outgoing: () => null });
    this.cometd.disconnect();
    this.cometd.getTransport()?.abort();
    for (const socket of this.sockets) socket.terminate();
  }

  #keep(channel: string): (message: cometd.Message) => void {
    const messages: cometd.Message[] = [];
    const waiting: ((message: cometd.Message) => void)[] = [];
    this.#messages.set(channel, messages);
    this.#waiting.set(channel, waiting);
    return (message) => {
      const waiter = waiting.shift();
      if (waiter === undefined) messages.push(message);
      else waiter(message);
    };
  }

  #adapt(headers: Readonly<Record<string, string>>): void {
    adapt(this.#adapter as object);
    const { window } = globalThis as unknown as { window: AdapterWindow };
    const { XMLHttpRequest } = window;
    const socketClass = this.#socketClass(headers);
    window.console = { ...console, debug: () => {}, info: () => {}, warn: () => {} };
    const longPolling = class extends transports.LongPollingTransport {
      override xhrSend(packet: unknown): unknown {
        window.XMLHttpRequest = XMLHttpRequest;
        return super.xhrSend(packet);
      }
    };
    const webSocket = class extends transports.WebSocketTransport {
      override send(envelope: unknown, metaConnect: boolean): void {
        window.WebSocket = socketClass;
        super.send(envelope, metaConnect);
      }
    };
    this.cometd.unregisterTransports();
    this.cometd.registerTransport('websocket', new webSocket());
    this.cometd.registerTransport('long-polling', new longPolling());
  }

  /** A WebSocket that sends and stores cookies, as a browser's does. */
  #socketClass(headers: Readonly<Record<string, string>>): unknown {
    const client = this;
    return class extends WebSocket {
      constructor(url: string | URL) {
        const cookie = [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
        super(url, { headers: cookie === '' ? headers : { ...headers, Cookie: cookie } });
        client.sockets.push(this);
        this.on('upgrade', (response) => {
          for (const header of response.headers['set-cookie'] ?? []) client.setCookie(header);
        });
      }
    };
  }
}
