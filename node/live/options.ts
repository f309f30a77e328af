/** Options of the live channel: shapes, units and defaults. */
import { LOOPBACK } from '../limits/client-address.ts';

export interface LiveOptions {
  /** How long a `/meta/connect` is held when there is nothing to deliver; ms. */
  readonly timeoutMs: number;
  /** How long a client may be without a `/meta/connect` before it is removed; ms. */
  readonly maxIntervalMs: number;
  /** How often clients are looked at for that; ms. */
  readonly sweepMs: number;
  /** The largest request body or WebSocket message; bytes. */
  readonly maxMessageBytes: number;
  /** The most Bayeux messages in one request body or WebSocket message. */
  readonly maxBatch: number;
  /** What a client may send on and on, and what at once; Bayeux messages. */
  readonly messagesPerSecond: number;
  readonly messageBurst: number;
  /** What may wait for one client that does not take it; characters of JSON. */
  readonly maxQueueLength: number;
  /** Channels that one client may be subscribed to. */
  readonly maxSubscriptions: number;
  /** Clients of this node; a handshake beyond them is refused. */
  readonly maxClients: number;
  /** Clients that have never connected: a handshake beyond them removes the oldest of these. */
  readonly maxUnconnected: number;
  /** Handshakes of one address. */
  readonly handshakesPerSecond: number;
  readonly handshakeBurst: number;
  /** Joins of one address that name no live session: guesses at its nine digits. */
  readonly failedJoinsPerMinute: number;
  readonly failedJoinBurst: number;
  /** Long polls held for one browser, as its connections to one origin are few; another is answered at once. */
  readonly maxPollsPerBrowser: number;
  /** How long a client with a poll too many waits until its next; ms. */
  readonly multiplePollsIntervalMs: number;
  /** Addresses and networks (`10.0.0.0/8`) whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
}

export const LIVE_DEFAULTS: LiveOptions = {
  timeoutMs: 30_000,
  maxIntervalMs: 15_000,
  sweepMs: 1_000,
  maxMessageBytes: 8 * 1024 * 1024,
  maxBatch: 500,
  messagesPerSecond: 100,
  messageBurst: 1_000,
  maxQueueLength: 32 * 1024 * 1024,
  maxSubscriptions: 64,
  maxClients: 20_000,
  maxUnconnected: 1_000,
  handshakesPerSecond: 20,
  handshakeBurst: 200,
  failedJoinsPerMinute: 10,
  failedJoinBurst: 10,
  maxPollsPerBrowser: 1,
  multiplePollsIntervalMs: 2_000,
  trustedProxies: LOOPBACK,
};
