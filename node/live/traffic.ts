/** What has gone through the live channel since the node started. Plain numbers, because they count on the hot path. */
import { BAYEUX_ERRORS, type BayeuxErrorCode } from './errors.ts';

export const BAYEUX_ERROR_CODES = Object.keys(BAYEUX_ERRORS) as readonly BayeuxErrorCode[];
const CODES: ReadonlyMap<string, BayeuxErrorCode> = new Map(
  BAYEUX_ERROR_CODES.map((code) => [BAYEUX_ERRORS[code], code]),
);

export const TRANSPORTS = ['websocket', 'long-polling'] as const;
export type Transport = (typeof TRANSPORTS)[number];

export interface TransportTraffic {
  /** Bayeux messages, and the bytes of the JSON that carried them. */
  readonly messagesIn: number;
  readonly bytesIn: number;
  readonly messagesOut: number;
  readonly bytesOut: number;
}

type Counters = { -readonly [K in keyof TransportTraffic]: TransportTraffic[K] };

export class LiveTraffic {
  readonly #transports: Readonly<Record<Transport, Counters>> = {
    websocket: { messagesIn: 0, bytesIn: 0, messagesOut: 0, bytesOut: 0 },
    'long-polling': { messagesIn: 0, bytesIn: 0, messagesOut: 0, bytesOut: 0 },
  };
  readonly #refusals = new Map<BayeuxErrorCode, number>();

  received(transport: Transport, messages: number, bytes: number): void {
    const counters = this.#transports[transport];
    counters.messagesIn += messages;
    counters.bytesIn += bytes;
  }

  sent(transport: Transport, messages: number, bytes: number): void {
    const counters = this.#transports[transport];
    counters.messagesOut += messages;
    counters.bytesOut += bytes;
  }

  /** @param error the `error` of a Bayeux reply, or what a client was told when it was cut off; undefined: none */
  refused(error: string | undefined): void {
    const code = error === undefined ? undefined : CODES.get(error);
    if (code !== undefined) this.#refusals.set(code, this.refusals(code) + 1);
  }

  of(transport: Transport): TransportTraffic {
    return this.#transports[transport];
  }

  refusals(code: BayeuxErrorCode): number {
    return this.#refusals.get(code) ?? 0;
  }
}
