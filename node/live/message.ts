/**
 * Bayeux messages from the text of a request body or a WebSocket frame. What a client sends is never handed on as it
 * came: messages are built anew from the fields of the protocol, so that no other field of theirs reaches the library
 * (which keeps its own in `reply` and `_json`) or another client.
 */
import { isUtf8 } from 'node:buffer';
import { CONNECT, DISCONNECT, HANDSHAKE, isChannel, isChannelOrPattern } from './channels.ts';
import { BAYEUX_ERRORS, type BayeuxErrorCode } from './errors.ts';

export interface Advice {
  readonly reconnect?: 'retry' | 'handshake' | 'none';
  readonly timeout?: number;
  readonly interval?: number;
  readonly maxInterval?: number;
  readonly 'multiple-clients'?: boolean;
}

export type MessageId = string | number;

export interface BayeuxMessage {
  readonly channel: string;
  readonly id?: MessageId;
  readonly clientId?: string;
  readonly data?: unknown;
  readonly ext?: object;
  readonly advice?: Advice;
  readonly subscription?: string | readonly string[];
}

export interface BayeuxReply {
  channel?: string;
  id?: MessageId | undefined;
  clientId?: string;
  successful?: boolean;
  error?: string;
  advice?: Advice;
  version?: string;
  supportedConnectionTypes?: readonly string[];
  subscription?: string | readonly string[];
}

export type ParsedMessage =
  | { readonly outcome: 'valid'; readonly message: BayeuxMessage }
  | { readonly outcome: 'invalid'; readonly reply: BayeuxReply };

export type ParsedEnvelope =
  /** At least one, all of them objects. A handshake is alone. */
  | { readonly outcome: 'messages'; readonly messages: readonly ParsedMessage[] }
  | { readonly outcome: 'refused'; readonly code: BayeuxErrorCode };

export interface MessageLimits {
  readonly maxBatch: number;
  /** Bounds what a client may ask for in `advice`; ms. */
  readonly timeoutMs: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** Of a client id or message id, in characters; longer ones are nobody's. */
export const MAX_ID_LENGTH = 64;

/** An array of messages, or one message alone (Bayeux 1.0 §2.4). */
export function parseEnvelope(bytes: Buffer, limits: MessageLimits): ParsedEnvelope {
  const json = parseJson(bytes);
  const values: readonly unknown[] = Array.isArray(json) ? json : [json];
  if (values.length > limits.maxBatch) return { outcome: 'refused', code: 'batch_too_long' };
  const objects = values.filter(isObject);
  if (objects.length === 0 || objects.length < values.length) return { outcome: 'refused', code: 'malformed' };
  if (objects.length > 1 && objects.some(({ channel }) => channel === HANDSHAKE)) {
    return { outcome: 'refused', code: 'handshake_not_alone' };
  }
  return { outcome: 'messages', messages: objects.map((fields) => parseMessage(fields, limits)) };
}

function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function parseMessage(fields: Fields, limits: MessageLimits): ParsedMessage {
  const { channel, clientId, data, ext } = fields;
  const id = parseId(fields.id);
  const subscription = parseSubscription(fields.subscription);
  if (typeof channel !== 'string' || !isChannel(channel) || subscription === 'invalid') {
    return { outcome: 'invalid', reply: refusal(typeof channel === 'string' ? channel.slice(0, 256) : undefined, id) };
  }
  return {
    outcome: 'valid',
    message: {
      channel,
      ...(id === undefined ? {} : { id }),
      ...(typeof clientId === 'string' && clientId.length <= MAX_ID_LENGTH ? { clientId } : {}),
      ...(data === undefined ? {} : { data }),
      ...(isObject(ext) ? { ext } : {}),
      ...(channel === CONNECT ? { advice: parseAdvice(fields.advice, limits) } : {}),
      ...(subscription.names === undefined || !channel.startsWith('/meta/')
        ? {}
        : { subscription: subscription.names }),
    },
  };
}

/** Tells a client that it is disconnected for good. */
export function disconnected(error: string): BayeuxReply {
  return { channel: DISCONNECT, successful: false, error, advice: { reconnect: 'none' } };
}

function refusal(channel: string | undefined, id: MessageId | undefined): BayeuxReply {
  return { ...(channel === undefined ? {} : { channel }), id, successful: false, error: BAYEUX_ERRORS.malformed };
}

function parseId(id: unknown): MessageId | undefined {
  if (typeof id === 'number') return Number.isSafeInteger(id) ? id : undefined;
  return typeof id === 'string' && id.length <= MAX_ID_LENGTH ? id : undefined;
}

type Subscription = { readonly names: string | readonly string[] | undefined } | 'invalid';

function parseSubscription(value: unknown): Subscription {
  if (value === undefined) return { names: undefined };
  if (isPattern(value)) return { names: value };
  return Array.isArray(value) && value.length > 0 && value.every(isPattern) ? { names: value } : 'invalid';
}

function isPattern(value: unknown): value is string {
  return typeof value === 'string' && isChannelOrPattern(value);
}

/** A client may ask to be held less long, or to come back later: within what the node would do by itself. */
function parseAdvice(value: unknown, { timeoutMs }: MessageLimits): Advice {
  const { timeout, interval }: Fields = isObject(value) ? value : {};
  return {
    ...(isDuration(timeout) ? { timeout: Math.min(timeout, timeoutMs) } : {}),
    ...(isDuration(interval) ? { interval: Math.min(interval, timeoutMs) } : {}),
  };
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && value >= 0;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
