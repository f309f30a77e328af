/** Bulk answers and uploads, as cheap for each byte as can be: nothing is kept, everything is counted. */
import type { Socket } from 'node:net';
import { BULK_BLOCK } from '../backend-facts.ts';
import { AnswerCounter } from './answer-counter.ts';
import type { TransferOutcome, Transfers } from './load.ts';
import { inTurn, openShared, type SharedReader } from './open.ts';

/** Failures are counted, never thrown; a connection that has failed begins no other transfer. */
export async function transfer(load: Transfers): Promise<TransferOutcome> {
  const began = performance.now();
  const until = began + load.seconds * 1_000;
  const lanes = Array.from({ length: load.connections }, (_, index) => {
    return new Lane(load, Buffer.from(inTurn(load.heads, index), 'latin1'), until);
  });
  await Promise.all(lanes.map(({ ended }) => ended));
  return {
    transfers: lanes.reduce((sum, lane) => sum + lane.transfers, 0),
    seconds: (performance.now() - began) / 1_000,
    failures: lanes.filter(({ failed }) => failed).length,
  };
}

class Lane implements SharedReader {
  readonly ended: Promise<void>;
  transfers = 0;
  failed = false;
  readonly #head: Buffer;
  readonly #upload: number;
  readonly #until: number;
  readonly #answer = new AnswerCounter();
  readonly #socket: Socket;
  readonly #end: () => void;
  #over = false;
  #left = 0;

  constructor({ port, tls, upload }: Transfers, head: Buffer, until: number) {
    this.#head = head;
    this.#upload = upload;
    this.#until = until;
    let end = (): void => {};
    this.ended = new Promise((resolve) => {
      end = resolve;
    });
    this.#end = end;
    this.#socket = openShared(port, this, tls !== undefined);
    this.#socket.on('drain', () => this.#sendBody());
  }

  connected(): void {
    this.#begin();
  }

  take(buffer: Buffer, length: number): void {
    try {
      if (!this.#answer.take(buffer, length)) return;
      if (this.#answer.status !== 200) throw new Error(`an answer of ${this.#answer.status}`);
      if (this.#left > 0) throw new Error('an answer before the end of the upload');
    } catch {
      this.#finish(true);
      return;
    }
    this.transfers++;
    if (performance.now() < this.#until) this.#begin();
    else this.#finish(false);
  }

  lost(): void {
    this.#finish(true);
  }

  #begin(): void {
    this.#left = this.#upload;
    if (this.#socket.write(this.#head)) this.#sendBody();
  }

  #sendBody(): void {
    while (this.#left > 0 && !this.#over) {
      const piece = this.#left < BULK_BLOCK.length ? BULK_BLOCK.subarray(0, this.#left) : BULK_BLOCK;
      this.#left -= piece.length;
      if (!this.#socket.write(piece)) return;
    }
  }

  #finish(failed: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.failed = failed;
    this.#socket.destroy();
    this.#end();
  }
}
