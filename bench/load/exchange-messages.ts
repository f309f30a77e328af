/** WebSocket messages through tunnels, in a closed loop: a tunnel's next message leaves when the one before is back. */
import type { Socket } from 'node:net';
import { maskedFrame, plainFrame } from '../frame.ts';
import type { LoadOutcome, Messages } from './load.ts';
import { inTurn, openShared, type SharedReader } from './open.ts';
import { Tally } from './tally.ts';

/**
 * The time counts from when all tunnels are open. Failures are counted, never thrown; a failed tunnel is not replaced.
 */
export async function exchangeMessages(load: Messages): Promise<LoadOutcome> {
  const tally = new Tally();
  const payload = Buffer.alloc(load.payload, 'm');
  const frames = { sent: maskedFrame(payload), back: plainFrame(payload).length };
  const tunnels = Array.from(
    { length: load.connections },
    (_, index) => new Tunnel(load.port, inTurn(load.heads, index), frames, tally),
  );
  await Promise.all(tunnels.map(({ opened }) => opened));
  const began = performance.now();
  for (const tunnel of tunnels) tunnel.send();
  await tally.over(load.seconds);
  const seconds = (performance.now() - began) / 1_000;
  for (const tunnel of tunnels) tunnel.stop();
  return tally.outcome(seconds);
}

type Frames = { readonly sent: Buffer; readonly back: number };

class Tunnel implements SharedReader {
  /** Resolves when it is open, or will never be. */
  readonly opened: Promise<void>;
  readonly #head: string;
  readonly #frames: Frames;
  readonly #tally: Tally;
  readonly #socket: Socket;
  readonly #settle: () => void;
  #answer = '';
  #isOpen = false;
  #over = false;
  #missing = 0;
  #sentAt = 0;

  constructor(port: number, head: string, frames: Frames, tally: Tally) {
    this.#head = head;
    this.#frames = frames;
    this.#tally = tally;
    let settle = (): void => {};
    this.opened = new Promise((resolve) => {
      settle = resolve;
    });
    this.#settle = settle;
    this.#socket = openShared(port, this);
  }

  connected(): void {
    this.#socket.write(this.#head, 'latin1');
  }

  send(): void {
    if (this.#over) return;
    this.#missing = this.#frames.back;
    this.#sentAt = performance.now();
    this.#socket.write(this.#frames.sent);
  }

  take(buffer: Buffer, length: number): void {
    if (!this.#isOpen) {
      this.#readAnswer(buffer.toString('latin1', 0, length));
      return;
    }
    this.#missing -= length;
    if (this.#missing > 0) return;
    if (this.#missing < 0) {
      this.lost();
      return;
    }
    this.#tally.answered(200, performance.now() - this.#sentAt);
    this.send();
  }

  stop(): void {
    this.#over = true;
    this.#socket.destroy();
  }

  lost(): void {
    if (this.#over) return;
    this.#tally.failed();
    this.stop();
    this.#settle();
  }

  #readAnswer(text: string): void {
    this.#answer += text;
    if (!this.#answer.includes('\r\n\r\n')) return;
    if (!this.#answer.startsWith('HTTP/1.1 101 ') || !this.#answer.endsWith('\r\n\r\n')) {
      this.lost();
      return;
    }
    this.#isOpen = true;
    this.#settle();
  }
}
