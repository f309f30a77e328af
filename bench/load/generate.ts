/**
 * A closed-loop load generator on raw sockets, for machines without wrk: a fixed number of connections, each with one
 * request under way. A connection that the server closes after an answer is replaced by a new one.
 */
import { connect, type Socket } from 'node:net';
import { connect as connectSecurely, type TLSSocket } from 'node:tls';
import { readAnswer } from './answer.ts';
import type { Load, LoadOutcome } from './load.ts';
import { inTurn } from './open.ts';
import { secureOptions } from './secure.ts';
import { Tally } from './tally.ts';

const NOTHING = Buffer.alloc(0);
const RETRY_MS = 10;

/** Sends `load` for its time and resolves with what came of it. Failures are counted, never thrown. */
export async function generate(load: Load): Promise<LoadOutcome> {
  const tally = new Tally();
  const requests = load.requests.map((request) => Buffer.from(request, 'latin1'));
  const began = performance.now();
  const lanes = Array.from({ length: load.connections }, (_, lane) => {
    if (!load.mixed) return new Lane(load, [inTurn(requests, lane)], 0, tally);
    // Each begins elsewhere, or a long list would be asked for one request at a time by all of them.
    return new Lane(load, requests, Math.floor((lane * requests.length) / load.connections), tally);
  });
  await tally.over(load.seconds);
  for (const lane of lanes) lane.stop();
  return tally.outcome((performance.now() - began) / 1_000);
}

/** One connection at a time, one request at a time. */
class Lane {
  readonly #load: Load;
  readonly #requests: readonly Buffer[];
  readonly #tally: Tally;
  #socket: Socket;
  #turn: number;
  #sentAt = 0;
  /** That the next connection resumes. */
  #session: Buffer | undefined;
  #pending: Buffer = NOTHING;
  #stopped = false;

  constructor(load: Load, requests: readonly Buffer[], turn: number, tally: Tally) {
    this.#load = load;
    this.#requests = requests;
    this.#turn = turn;
    this.#tally = tally;
    this.#socket = this.#open();
  }

  stop(): void {
    this.#stopped = true;
    this.#socket.destroy();
  }

  #open(): Socket {
    const { port, tls } = this.#load;
    const socket = tls === undefined ? connect({ host: '127.0.0.1', port, noDelay: true }) : this.#openSecurely();
    if (tls === undefined) socket.once('connect', () => this.#send());
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    // A current connection that ends had a request under way; one that was replaced on purpose has not.
    socket.once('error', () => this.#lost(socket));
    socket.once('close', () => this.#lost(socket));
    return socket;
  }

  #openSecurely(): TLSSocket {
    const session = this.#session;
    const socket = connectSecurely({ ...secureOptions(this.#load.port), ...(session !== undefined && { session }) });
    socket.setNoDelay(true);
    socket.once('secureConnect', () => {
      if (socket.isSessionReused() === (session !== undefined)) this.#send();
      else socket.destroy(new Error('a session that was not resumed, or one that should not have been'));
    });
    if (this.#load.tls === 'resumed') {
      socket.on('session', (given) => {
        this.#session = given;
      });
    }
    return socket;
  }

  #send(): void {
    this.#sentAt = performance.now();
    this.#socket.write(inTurn(this.#requests, this.#turn++));
  }

  #take(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    try {
      const answer = readAnswer(this.#pending);
      if (answer === undefined) return;
      if (answer.end !== this.#pending.length) throw new Error('bytes after the answer');
      this.#pending = NOTHING;
      this.#tally.answered(answer.status, performance.now() - this.#sentAt);
      if (answer.close) this.#replace();
      else this.#send();
    } catch {
      this.#tally.failed();
      this.#replace();
    }
  }

  #replace(): void {
    const old = this.#socket;
    this.#pending = NOTHING;
    this.#socket = this.#open();
    old.destroy();
  }

  #lost(socket: Socket): void {
    if (this.#stopped || socket !== this.#socket) return;
    this.#tally.failed();
    this.#pending = NOTHING;
    // Not at once: a refusing port would turn this into a busy loop.
    setTimeout(() => {
      if (!this.#stopped && socket === this.#socket) this.#socket = this.#open();
    }, RETRY_MS);
  }
}
