/** One request of the long-polling transport and its answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { INSTANCE_HEADER, SESSION_HEADER } from '../binding.ts';
import { CONNECT } from './channels.ts';
import type { Caller } from './clients.ts';
import type { BayeuxSession } from './cometd-server.ts';
import { browserCookie, browserIdOf, carries, newBrowserId } from './cookies.ts';
import type { HeldPolls } from './held-polls.ts';
import type { LongPollingOptions } from './long-polling.ts';
import type { BayeuxMessage, BayeuxReply, ParsedMessage } from './message.ts';
import { type Connected, type Processed, refusal } from './processor.ts';

export interface PollExchangeOptions extends LongPollingOptions {
  readonly address: string;
  readonly polls: HeldPolls;
}

/** What to do after a message. */
type Next = 'go_on' | 'respond' | 'leave';

export class PollExchange implements Caller {
  readonly address: string;
  readonly browserId: string | undefined;
  readonly #response: ServerResponse;
  readonly #options: PollExchangeOptions;
  readonly #replies: BayeuxReply[] = [];
  readonly #cookies = new Set<string>();
  /** The client has been bound to this node before. */
  readonly #bound: boolean;
  /** Whose messages the answer takes along. */
  #session: BayeuxSession | undefined;
  /** After the answer the client is to connect. */
  #expectConnect = false;

  constructor(request: IncomingMessage, response: ServerResponse, options: PollExchangeOptions) {
    this.address = options.address;
    this.browserId = browserIdOf(request.headers);
    this.#bound = carries(request.headers, options.binding.cookie);
    this.#response = response;
    this.#options = options;
  }

  bind(sessionToken?: string): void {
    const { cookie, instanceId } = this.#options.binding;
    this.#cookies.add(cookie);
    this.#response.setHeader(INSTANCE_HEADER, instanceId);
    if (sessionToken !== undefined) this.#response.setHeader(SESSION_HEADER, sessionToken);
  }

  async run(messages: readonly ParsedMessage[]): Promise<void> {
    const batched = new Set<BayeuxSession>();
    try {
      for (const parsed of messages) {
        const next = await this.#take(parsed, messages.length === 1, batched);
        if (next === 'leave') return;
        if (next === 'respond') break;
      }
      this.#respond();
    } finally {
      for (const session of batched) session.endBatch();
    }
  }

  async #take(parsed: ParsedMessage, alone: boolean, batched: Set<BayeuxSession>): Promise<Next> {
    if (parsed.outcome === 'invalid') {
      this.#options.traffic.refused(parsed.reply.error);
      this.#replies.push(parsed.reply);
      return 'go_on';
    }
    const { message } = parsed;
    this.#startBatch(message, batched);
    const processed = await this.#options.processor.process(message, this);
    this.#options.traffic.refused(processed.reply.error);
    this.#session = processed.session ?? this.#session;
    return this.#afterwards(message, processed, alone);
  }

  /** What the messages of a request cause goes out with its answer, not by the poll held meanwhile. */
  #startBatch(message: BayeuxMessage, batched: Set<BayeuxSession>): void {
    const session = message.channel === CONNECT ? undefined : this.#options.clients.find(message.clientId, this);
    if (session === undefined || batched.has(session)) return;
    session.startBatch();
    batched.add(session);
  }

  async #afterwards(message: BayeuxMessage, processed: Processed, alone: boolean): Promise<Next> {
    switch (processed.outcome) {
      case 'replied':
        this.#replies.push(processed.reply);
        return 'go_on';
      case 'cut':
        this.#replies.push(processed.reply);
        return 'respond';
      case 'handshaken':
        this.#replies.push(processed.reply);
        this.#bindToBrowser(processed.session);
        // Nobody else knows this client: without the cookie its next request could come to any node.
        if (!this.#bound) this.bind();
        this.#expectConnect = true;
        return 'respond';
      case 'connected':
        return this.#hold(message, processed, alone);
    }
  }

  async #hold(message: BayeuxMessage, { session, reply, holdMs }: Connected, alone: boolean): Promise<Next> {
    session.outlet?.cancel();
    const browserId = this.#bindToBrowser(session);
    this.#expectConnect = true;
    if (!alone || holdMs === 0 || session.hasMessages) {
      this.#replies.push(reply);
      return 'go_on';
    }
    const poll = this.#options.polls.hold(session, browserId, holdMs);
    if (poll === undefined) {
      const interval = this.#options.options.multiplePollsIntervalMs;
      this.#replies.push({
        ...reply,
        advice: { ...reply.advice, reconnect: 'retry', interval, 'multiple-clients': true },
      });
      return 'respond';
    }
    if (this.#response.destroyed) poll.end('gone');
    else this.#response.once('close', () => poll.end('gone'));
    switch (await poll.ended) {
      case 'due':
        this.#replies.push(session.present ? reply : { ...reply, advice: { reconnect: 'none' } });
        return 'respond';
      case 'stopping':
        this.#replies.push(refusal(message, 'stopping', { reconnect: 'handshake', interval: 0 }));
        return 'respond';
      case 'superseded':
        this.#send(409, [JSON.stringify(refusal(message, 'superseded'))]);
        return 'leave';
      case 'gone':
        session.expectConnect();
        return 'leave';
    }
  }

  /** A client that began on a WebSocket, or without cookies, comes without one: from now on it has one. */
  #bindToBrowser(session: BayeuxSession): string {
    const browserId = this.browserId ?? newBrowserId();
    if (this.browserId === undefined) this.#cookies.add(browserCookie(browserId));
    this.#options.clients.bindToBrowser(session, browserId);
    return browserId;
  }

  #respond(): void {
    const session = this.#session;
    if (session !== undefined && this.#expectConnect) {
      // While the answer is on its way the client cannot connect. If it does so faster than we notice, it has an
      // outlet.
      const expectConnect = (): void => {
        if (session.outlet === undefined) session.expectConnect();
      };
      if (this.#response.closed) expectConnect();
      else this.#response.once('close', expectConnect);
    }
    // What waits is not taken for a client that is gone: it gets that when it connects again.
    if (this.#response.destroyed) return;
    const queued = session?.drain(this.#replies) ?? [];
    this.#send(200, [...queued, ...this.#replies.map((reply) => JSON.stringify(reply))]);
  }

  #send(status: number, messages: readonly string[]): void {
    if (this.#cookies.size > 0) this.#response.setHeader('Set-Cookie', [...this.#cookies]);
    this.#response.writeHead(status, { 'Content-Type': 'application/json' });
    const text = `[${messages.join(',')}]`;
    this.#options.traffic.sent('long-polling', messages.length, Buffer.byteLength(text));
    this.#response.end(text);
  }
}
