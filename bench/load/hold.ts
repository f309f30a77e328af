/** Opens connections and holds them: nothing more is sent, and nothing may come. */
import { connect } from 'node:net';
import type { Hold } from './load.ts';
import { inTurn } from './open.ts';

export class Held {
  readonly #load: Hold;
  /** Called for whatever is no longer as it should be: a connection that has closed, bytes on one. */
  readonly #onDisturbed: (what: string) => void;

  constructor(load: Hold, onDisturbed: (what: string) => void) {
    this.#load = load;
    this.#onDisturbed = onDisturbed;
  }

  /** Resolves when all are open and have sent their request. */
  async open(): Promise<void> {
    let next = 0;
    const openers = Array.from({ length: this.#load.together }, async () => {
      while (next < this.#load.connections) await this.#openOne(next++);
    });
    await Promise.all(openers);
  }

  async #openOne(index: number): Promise<void> {
    const socket = connect({ host: '127.0.0.1', port: this.#load.port });
    socket.on('error', () => {});
    socket.once('close', () => this.#onDisturbed(`connection ${index + 1} was closed`));
    if (this.#load.tunnels) {
      const answered = new Promise<string>((answer) =>
        socket.once('data', (bytes) => answer(bytes.toString('latin1'))),
      );
      socket.write(inTurn(this.#load.requests, index), 'latin1');
      const status = (await answered).slice(9, 12);
      if (status !== '101') this.#onDisturbed(`tunnel ${index + 1} was answered with ${status}`);
    } else {
      await new Promise<void>((sent) => socket.write(inTurn(this.#load.requests, index), 'latin1', () => sent()));
    }
    socket.on('data', (bytes) => this.#onDisturbed(`bytes on connection ${index + 1}: ${bytes.toString('latin1')}`));
  }
}
