/**
 * What a dashboard sees of the proxy while it looks: server-sent events (WHATWG HTML §9.2), a snapshot each second and
 * news at once. Nothing is gathered while nobody looks.
 *
 * - `hello`: what was before, once at the beginning; again after a client was too slow and missed something.
 * - `snapshot`: all as it is now, and what is new since the one before.
 * - what `tell` is told.
 */
import type { ServerResponse } from 'node:http';
import { type AdminAnswer, errorAnswer } from './admin-answer.ts';

const SNAPSHOT_MS = 1000;
const MOST_CLIENTS = 32;
/** Bytes that wait for a client before it gets no more until they are gone: some snapshots of a few hundred nodes. */
const HIGH_WATER = 1024 * 1024;
/** Who reads nothing for so long is gone. */
const PATIENCE_MS = 30_000;
/** A token that was taken away since holds no longer than that: the page asks again by itself. */
const LONGEST_MS = 10 * 60_000;

export interface LiveFeedOptions {
  readonly hello: () => Promise<object>;
  readonly snapshot: () => Promise<object>;
}

interface Client {
  readonly response: ServerResponse;
  readonly end: NodeJS.Timeout;
  /** Since when it has read too little, ms; undefined while it keeps up. */
  slowSince: number | undefined;
  /** It has missed something, or has had no greeting yet. */
  needsHello: boolean;
}

export class LiveFeed {
  readonly #options: LiveFeedOptions;
  readonly #clients = new Set<Client>();
  #timer: NodeJS.Timeout | undefined;
  #gathering = false;

  constructor(options: LiveFeedOptions) {
    this.#options = options;
  }

  get clients(): number {
    return this.#clients.size;
  }

  open(): AdminAnswer {
    if (this.#clients.size >= MOST_CLIENTS) {
      return errorAnswer(503, 'too_many_viewers', `${MOST_CLIENTS} dashboards are open already.`);
    }
    return { status: 200, contentType: 'text/event-stream', body: '', stream: (response) => this.#join(response) };
  }

  /** News for whoever looks; what it holds is made only if somebody does. */
  tell(event: string, news: () => object): void {
    if (this.#clients.size > 0) this.#send(encode(event, news()));
  }

  #join(response: ServerResponse): void {
    const end = setTimeout(() => response.end(), LONGEST_MS).unref();
    const client: Client = { response, end, slowSince: undefined, needsHello: true };
    this.#clients.add(client);
    response.once('close', () => this.#leave(client));
    this.#timer ??= setInterval(() => void this.#gather(), SNAPSHOT_MS).unref();
    void this.#gather();
  }

  #leave(client: Client): void {
    clearTimeout(client.end);
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #gather(): Promise<void> {
    if (this.#gathering) return;
    this.#gathering = true;
    try {
      this.#judge();
      const greeted = [...this.#clients].filter(({ needsHello, slowSince }) => needsHello && slowSince === undefined);
      if (greeted.length > 0) {
        // Before it is asked for: what happens meanwhile they hear twice rather than never.
        for (const client of greeted) client.needsHello = false;
        const hello = encode('hello', await this.#options.hello());
        for (const { response } of greeted) response.write(hello);
      }
      this.#send(encode('snapshot', await this.#options.snapshot()));
    } catch {
      // What cannot be told now may be in a second.
    } finally {
      this.#gathering = false;
    }
  }

  #judge(): void {
    const now = performance.now();
    for (const client of this.#clients) {
      if (client.response.writableLength <= HIGH_WATER) client.slowSince = undefined;
      else if (client.slowSince === undefined) client.slowSince = now;
      else if (now - client.slowSince > PATIENCE_MS) client.response.destroy();
    }
  }

  #send(message: string): void {
    for (const client of this.#clients) {
      if (client.needsHello) continue;
      if (client.response.writableLength <= HIGH_WATER) client.response.write(message);
      else client.needsHello = true;
    }
  }
}

/** JSON has no line ends. */
function encode(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
