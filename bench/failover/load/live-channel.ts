/**
 * A customer on a bundled node: a session, joined over a CometD WebSocket, and messages to it at fixed times, each of
 * which the node acknowledges. When its channel is cut it comes back to the same session.
 */
import { WebSocket } from 'ws';
import { z } from 'zod';
import { BASE, COOKIE } from '../../backend-facts.ts';
import { Client } from '../../harness/client.ts';
import { PATHS } from '../protocol.ts';
import { ask } from './ask.ts';
import type { ChannelEvent, ChannelOptions } from './channel.ts';
import { CookieJar } from './cookie-jar.ts';
import type { Sample } from './open-loop.ts';

const MESSAGE_EVERY_MS = 100;
const AGAIN_MS = 250;
const HANDSHAKE = { id: 'hello', channel: '/meta/handshake', version: '1.0', supportedConnectionTypes: ['websocket'] };
const CUSTOMER = 1;
const JOIN = '/service/session/join';

const sessionShape = z.object({ sessionToken: z.string(), sessionServerName: z.string() });
type Session = z.infer<typeof sessionShape>;

const repliesShape = z.array(
  z.object({
    channel: z.string(),
    id: z.string().optional(),
    clientId: z.string().optional(),
    successful: z.boolean().optional(),
    data: z.object({ userToken: z.string().optional() }).optional(),
  }),
);

export class LiveChannel extends Client {
  /** Of its messages. */
  readonly samples: Sample[] = [];
  readonly #options: ChannelOptions;
  readonly #cookies = new CookieJar();
  #session: Session | undefined;
  #sent = 0;

  constructor(options: ChannelOptions) {
    super();
    this.#options = options;
    this.#cookies.take([`${COOKIE}=${options.wishedNode}`]);
  }

  protected async turn(stop: AbortSignal): Promise<void> {
    this.#session ??= await this.#create(stop);
    if (this.#session !== undefined) {
      await new Conversation(this.#session, { ...this.#options, ...this.#cookies.headers }, this.#take, stop).over;
      if (!stop.aborted) this.#happened('cut', this.#session.sessionServerName);
    }
    await this.pause(AGAIN_MS);
  }

  async #create(stop: AbortSignal): Promise<Session | undefined> {
    const { port, timeoutMs } = this.#options;
    const deadline = Date.now() + timeoutMs;
    const { headers } = this.#cookies;
    const reply = await ask({ port, method: 'POST', path: PATHS.create, headers, deadline }, stop);
    if (reply.kind !== 'answer' || reply.status !== 200) return undefined;
    this.#cookies.take(reply.headers['set-cookie']);
    const session = sessionShape.parse(JSON.parse(reply.body));
    this.#happened('created', session.sessionServerName);
    return session;
  }

  readonly #take = (outcome: 'open' | MessageOutcome, node: string): void => {
    if (outcome === 'open') this.#happened('open', node);
    else
      this.samples.push({
        id: `${this.#options.name}-${this.#sent++}`,
        kind: 'message',
        status: 0,
        code: '',
        ...outcome,
      });
  };

  #happened(what: ChannelEvent['what'], node: string): void {
    const { name: channel, log } = this.#options;
    log.push({ at: Date.now(), channel, kind: 'socket', node, what, status: 0, code: '', cookieExpired: false });
  }
}

type MessageOutcome = Pick<Sample, 'due' | 'end' | 'outcome'>;

/** One WebSocket, from the handshake to its end. */
class Conversation {
  /** Resolves when the WebSocket is closed, from either side. */
  readonly over: Promise<void>;
  readonly #session: Session;
  readonly #timeoutMs: number;
  readonly #take: (outcome: 'open' | MessageOutcome, node: string) => void;
  readonly #socket: WebSocket;
  /** When messages were due that are not acknowledged yet, by their ids. */
  readonly #unanswered = new Map<string, number>();
  #clientId = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(
    session: Session,
    { port, timeoutMs, cookie = '' }: ChannelOptions & { readonly cookie?: string },
    take: (outcome: 'open' | MessageOutcome, node: string) => void,
    stop: AbortSignal,
  ) {
    this.#session = session;
    this.#timeoutMs = timeoutMs;
    this.#take = take;
    const url = `ws://127.0.0.1:${port}${BASE}/cometd`;
    this.#socket = new WebSocket(url, { headers: { cookie }, perMessageDeflate: false });
    const abort = (): void => {
      // Whoever still waits now has not waited too long, and nobody else begins before the socket is closed.
      clearInterval(this.#timer);
      this.#unanswered.clear();
      this.#socket.terminate();
    };
    stop.addEventListener('abort', abort, { once: true });
    this.#socket.on('open', () => this.#send(HANDSHAKE));
    this.#socket.on('message', (data) => {
      for (const reply of repliesShape.parse(JSON.parse(String(data)))) this.#received(reply);
    });
    this.#socket.on('error', () => {});
    this.over = new Promise((over) => {
      this.#socket.on('close', () => {
        stop.removeEventListener('abort', abort);
        clearInterval(this.#timer);
        for (const id of this.#unanswered.keys()) this.#ended(id, 'reset');
        over();
      });
    });
  }

  #received({ channel, id = '', clientId = '', successful, data }: z.infer<typeof repliesShape>[number]): void {
    if (channel === '/meta/handshake') {
      this.#clientId = clientId;
      this.#connect();
      const { sessionToken } = this.#session;
      this.#send({ id: 'join', channel: JOIN, clientId, data: { sessionToken, role: CUSTOMER, name: 'bench' } });
    } else if (channel === '/meta/connect') this.#connect();
    else if (channel === JOIN && data !== undefined) this.#joined(data.userToken !== undefined);
    else this.#ended(id, successful === true ? 'ok' : 'status');
  }

  #connect(): void {
    this.#send({ id: 'connect', channel: '/meta/connect', clientId: this.#clientId, connectionType: 'websocket' });
  }

  #joined(successfully: boolean): void {
    if (!successfully) {
      this.#socket.terminate();
      return;
    }
    this.#take('open', this.#session.sessionServerName);
    const began = Date.now();
    let sent = 0;
    this.#timer = setInterval(() => {
      for (let due = began; ; sent++) {
        due = began + sent * MESSAGE_EVERY_MS;
        if (due > Date.now()) break;
        this.#publish(`message-${sent}`, due);
      }
      for (const [id, due] of this.#unanswered) if (Date.now() - due > this.#timeoutMs) this.#ended(id, 'timeout');
    }, MESSAGE_EVERY_MS);
  }

  #publish(id: string, due: number): void {
    this.#unanswered.set(id, due);
    const channel = `/session/${this.#session.sessionToken}/bench`;
    this.#send({ id, channel, clientId: this.#clientId, data: { due } });
  }

  /** Ids of other things than messages are nobody's. */
  #ended(id: string, outcome: Sample['outcome']): void {
    const due = this.#unanswered.get(id);
    if (due === undefined) return;
    this.#unanswered.delete(id);
    this.#take({ due, end: Date.now(), outcome }, this.#session.sessionServerName);
  }

  #send(message: object): void {
    this.#socket.send(JSON.stringify([message]));
  }
}
