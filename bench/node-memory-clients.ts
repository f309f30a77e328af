/**
 * The clients of `node-memory.ts`, in a process of their own so that their memory is not the node's: a customer and a
 * controller in each of many sessions, each with a `/meta/connect` that is held.
 *
 *     node dist/bench/node-memory-clients.js <url of the live channel> websocket|long-polling <sessions>
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { WebSocket } from 'ws';

type Message = Readonly<Record<string, unknown>> & { readonly channel: string };

interface Client {
  /** Resolves with the answer: on a service channel the message with the data, else the reply. */
  ask(message: Message): Promise<Message>;
  /** Has a connect held from now on. */
  hold(message: Message): void;
}

const isAnswerTo = (asked: Message, { channel, data, successful }: Message): boolean =>
  channel === asked.channel && (channel.startsWith('/service/') ? data !== undefined : successful !== undefined);

function found(asked: Message, answers: readonly Message[]): Message {
  const answer = answers.find((candidate) => isAnswerTo(asked, candidate));
  assert.ok(answer !== undefined && answer.successful !== false, JSON.stringify(answers));
  return answer;
}

class WebSocketClient implements Client {
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('close', (code) => assert.fail(`a WebSocket has closed with ${code}`));
  }

  static async open(url: string): Promise<Client> {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), { perMessageDeflate: false });
    await once(socket, 'open');
    return new WebSocketClient(socket);
  }

  async ask(message: Message): Promise<Message> {
    const answered = new Promise<Message>((resolve) => {
      const read = (text: Buffer): void => {
        const answers = JSON.parse(String(text)) as readonly Message[];
        if (!answers.some((answer) => isAnswerTo(message, answer))) return;
        this.#socket.off('message', read);
        resolve(found(message, answers));
      };
      this.#socket.on('message', read);
    });
    this.hold(message);
    return answered;
  }

  hold(message: Message): void {
    this.#socket.send(JSON.stringify([message]));
  }
}

class PollingClient implements Client {
  readonly #url: string;
  #cookie = '';

  constructor(url: string) {
    this.#url = url;
  }

  async ask(message: Message): Promise<Message> {
    const headers = { Cookie: this.#cookie };
    const response = await fetch(this.#url, { method: 'POST', body: JSON.stringify([message]), headers });
    const cookies = response.headers.getSetCookie().map((header) => header.split(';')[0]);
    if (cookies.length > 0) this.#cookie = [this.#cookie, ...cookies].filter((pair) => pair !== '').join('; ');
    return found(message, (await response.json()) as readonly Message[]);
  }

  hold(message: Message): void {
    // What is delivered ends a poll.
    void this.ask(message).then(() => this.hold(message));
  }
}

const [url = '', transport, count] = process.argv.slice(2);
const newClient = async (): Promise<Client> =>
  transport === 'websocket' ? WebSocketClient.open(url) : new PollingClient(url);

interface Shaken {
  readonly client: Client;
  readonly clientId: unknown;
}

async function shakeHands(): Promise<Shaken> {
  const client = await newClient();
  const types = [transport];
  const { clientId } = await client.ask({
    channel: '/meta/handshake',
    version: '1.0',
    supportedConnectionTypes: types,
  });
  return { client, clientId };
}

async function join({ client, clientId }: Shaken, sessionToken: string, role: 1 | 3): Promise<void> {
  const data = { sessionToken, role, name: 'Jane Doe' };
  await client.ask({ channel: '/service/session/join', clientId, data });
  client.hold({ channel: '/meta/connect', clientId, connectionType: transport });
  // On a WebSocket its answer tells that the connect before has arrived.
  await client.ask({ channel: '/meta/subscribe', clientId, subscription: `/session/${sessionToken}/**` });
}

async function openSession(): Promise<void> {
  const customer = await shakeHands();
  const { data } = await customer.client.ask({ channel: '/service/session/create', clientId: customer.clientId });
  const { sessionToken } = data as { readonly sessionToken: string };
  await join(customer, sessionToken, 1);
  await join(await shakeHands(), sessionToken, 3);
}

const TOGETHER = 20;

let left = Number(count);
const openSessions = async (): Promise<void> => {
  while (left-- > 0) await openSession();
};
await Promise.all(Array.from({ length: TOGETHER }, openSessions));
process.send?.('connected');
