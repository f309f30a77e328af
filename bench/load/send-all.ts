/**
 * Requests in a closed loop until there are no more of them: for filling what a size is made of, and for long lists.
 */
import type { Socket } from 'node:net';
import { AnswerCounter } from './answer-counter.ts';
import { openShared, type SharedReader } from './open.ts';

export type Supply = {
  readonly port: number;
  readonly connections: number;
  /** The next request; undefined: there is none left. */
  readonly next: () => Buffer | undefined;
  /** Throws for an answer that should not be. */
  readonly check?: (status: number) => void;
};

/** Resolves with how many were answered. Rejects when a connection is lost or an answer is not what it should be. */
export async function sendAll(supply: Supply): Promise<number> {
  const lanes = Array.from({ length: supply.connections }, () => new Lane(supply));
  try {
    const answered = await Promise.all(lanes.map(({ ended }) => ended));
    return answered.reduce((sum, count) => sum + count, 0);
  } finally {
    for (const lane of lanes) lane.stop();
  }
}

/** For `check`. */
export function expectOk(status: number): void {
  if (status < 200 || status > 299) throw new Error(`an answer of ${status}`);
}

class Lane implements SharedReader {
  readonly ended: Promise<number>;
  readonly #supply: Supply;
  readonly #answer = new AnswerCounter();
  readonly #socket: Socket;
  #answered = 0;
  #end: (answered: number) => void = () => {};
  #fail: (error: unknown) => void = () => {};

  constructor(supply: Supply) {
    this.#supply = supply;
    this.ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    this.#socket = openShared(supply.port, this);
  }

  connected(): void {
    this.#sendNext();
  }

  take(buffer: Buffer, length: number): void {
    try {
      if (!this.#answer.take(buffer, length)) return;
      this.#supply.check?.(this.#answer.status);
      this.#answered++;
      this.#sendNext();
    } catch (error) {
      this.#fail(error);
    }
  }

  lost(): void {
    this.#fail(new Error('a connection was lost'));
  }

  stop(): void {
    this.#socket.destroy();
  }

  #sendNext(): void {
    const request = this.#supply.next();
    if (request === undefined) this.#end(this.#answered);
    else this.#socket.write(request);
  }
}
