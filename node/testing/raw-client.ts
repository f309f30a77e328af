/** A TCP client that sends bytes as they are, for what `fetch` would tidy up. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

export class RawClient {
  readonly socket: Socket;
  readonly #closed: Promise<unknown>;
  #received = '';

  private constructor(socket: Socket) {
    this.socket = socket;
    // A reset is an outcome to assert, not an error of the test.
    socket.on('error', () => {});
    socket.setEncoding('latin1').on('data', (text) => {
      this.#received += text;
    });
    this.#closed = once(socket, 'close');
  }

  static async connect(t: TestContext, port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    t.after(() => socket.destroy());
    const client = new RawClient(socket);
    await once(socket, 'connect');
    return client;
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** All that was received so far, as soon as it holds `text`. Rejects when the connection closes first. */
  async receive(text: string): Promise<string> {
    while (!this.#received.includes(text)) {
      if (this.socket.closed) throw new Error(`closed before '${text}' came; received: ${this.#received}`);
      await Promise.race([once(this.socket, 'data'), this.#closed]);
    }
    return this.#received;
  }

  /** All that was received until the connection closed. */
  async closed(): Promise<string> {
    await this.#closed;
    return this.#received;
  }
}
