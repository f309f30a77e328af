/** Bayeux by hand, for what the stock client would never send. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { WebSocket } from 'ws';
import type { BayeuxReply } from '../message.ts';

export interface PollAnswer {
  readonly status: number;
  readonly replies: readonly (BayeuxReply & { readonly data?: unknown })[];
  readonly headers: Headers;
}

/** @param body sent as JSON, unless it is text or bytes */
export async function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<PollAnswer> {
  const text = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  const response = await fetch(url, { method: 'POST', body: text, headers });
  const replies = (await response.json()) as PollAnswer['replies'];
  return { status: response.status, replies, headers: response.headers };
}

const HANDSHAKE = { channel: '/meta/handshake', version: '1.0', supportedConnectionTypes: ['long-polling'] };

/** A client of long polling: its id, and the header that it needs. */
export async function handshake(url: string, headers: Readonly<Record<string, string>> = {}) {
  const answer = await post(url, [HANDSHAKE], headers);
  const clientId = answer.replies[0]?.clientId;
  assert.ok(clientId, JSON.stringify(answer.replies));
  const cookie = answer.headers.getSetCookie().map((header) => header.split(';')[0]);
  return { clientId, headers: { ...headers, Cookie: cookie.join('; ') } };
}

export class RawWebSocket {
  readonly socket: WebSocket;
  /** Code and reason. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #messages: PollAnswer['replies'][number][] = [];
  #arrived: () => void = () => {};
  #wire: Socket | undefined;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
    // What went wrong shows in the close.
    socket.on('error', () => {});
    socket.once('upgrade', (response) => {
      this.#wire = response.socket;
    });
    socket.on('message', (text) => {
      this.#messages.push(...JSON.parse(String(text)));
      this.#arrived();
    });
  }

  static async open(
    t: TestContext,
    url: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<RawWebSocket> {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), { headers });
    t.after(() => socket.terminate());
    const raw = new RawWebSocket(socket);
    await once(socket, 'open');
    return raw;
  }

  /** Sends JSON, unless it is text or bytes. */
  send(message: unknown): void {
    this.socket.send(typeof message === 'string' || message instanceof Uint8Array ? message : JSON.stringify(message));
  }

  /** Sends a frame, or what is none, as it is. */
  sendRaw(bytes: Uint8Array): void {
    assert.ok(this.#wire);
    this.#wire.write(bytes);
  }

  async next(): Promise<PollAnswer['replies'][number]> {
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined) return message;
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }

  async handshake(): Promise<string> {
    this.send([HANDSHAKE]);
    const { clientId } = await this.next();
    assert.ok(clientId);
    return clientId;
  }
}
