/**
 * A node that creates sessions, finds every session whoever owns it, opens tunnels, and can be killed and restarted.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TestContext } from 'node:test';
import { freePort } from '../../config/testing/free-ports.ts';

/** Of an answer below `/slow`. */
const SLOW_MS = 1500;

export class StoryNode {
  readonly name: string;
  readonly port: number;
  /** How it fares with all but `/health`. */
  mood: 'well' | 'errors' | 'hung' = 'well';
  /** POSTs that came while it was hung. */
  unanswered = 0;
  readonly #sockets = new Set<Duplex>();
  #server: Server | undefined;
  #instance = 0;
  #sessions = 0;

  private constructor(name: string, port: number) {
    this.name = name;
    this.port = port;
  }

  /** Ends with the test. */
  static async start(t: TestContext, name: string): Promise<StoryNode> {
    const node = new StoryNode(name, await freePort());
    t.after(() => node.kill());
    await node.restart();
    return node;
  }

  /** As another instance, without the sessions that it had, at the same address. */
  async restart(): Promise<void> {
    this.#instance++;
    this.#sessions = 0;
    const server = createServer((request, response) => this.#serve(request, response));
    this.#server = server;
    server.on('connection', (socket) => this.#sockets.add(socket));
    server.on('upgrade', (_, socket) => {
      socket.on('error', () => {});
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    });
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
  }

  /** As many live sessions are over. */
  end(sessions: number): void {
    this.#sessions -= sessions;
  }

  kill(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  #serve({ method, url = '' }: IncomingMessage, response: ServerResponse): void {
    const health = url === '/cobrowse/health';
    if (!health && this.mood === 'hung') {
      if (method === 'POST') this.unanswered++;
      return;
    }
    if (!health && this.mood === 'errors') {
      response.writeHead(500).end();
      return;
    }
    if (health) {
      response.setHeader('X-Cobrowse-Instance', `${this.name}-${this.#instance}`);
      response.setHeader('X-Cobrowse-Live-Sessions', String(this.#sessions));
    }
    const token = url.split('/rest/live/sessions/')[1] ?? String(100_000_000 + Math.floor(Math.random() * 900_000_000));
    if (method === 'POST') this.#sessions++;
    const answer = JSON.stringify({ sessionToken: token, sessionServerName: this.name });
    if (url === '/cobrowse/slow') setTimeout(() => response.end(answer), SLOW_MS);
    else response.end(answer);
  }
}
