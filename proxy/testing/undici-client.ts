/** The client of `undici` on a socket: a third opinion on an answer. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { Client, type Dispatcher } from 'undici';

export interface UndiciAnswer {
  readonly status: number;
  /** Latin1. */
  readonly body: string;
}

export class UndiciClient {
  readonly #server: Server;
  #bytes = '';

  private constructor() {
    this.#server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(this.#bytes, 'latin1'));
    });
  }

  static async start(): Promise<UndiciClient> {
    const client = new UndiciClient();
    client.#server.listen(0, '127.0.0.1');
    await once(client.#server, 'listening');
    return client;
  }

  /** Reads the answer in these latin1 bytes, after which the connection ends; rejects when malformed or cut off. */
  async read(bytes: string, method: Dispatcher.HttpMethod): Promise<UndiciAnswer> {
    this.#bytes = bytes;
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('not started');
    const client = new Client(`http://127.0.0.1:${address.port}`, { maxHeaderSize: 64 * 1024 });
    try {
      const { statusCode, body } = await client.request({ path: '/x', method });
      return { status: statusCode, body: Buffer.from(await body.arrayBuffer()).toString('latin1') };
    } finally {
      await client.destroy();
    }
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
