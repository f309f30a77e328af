/** A WebSocket that says in Bayeux why it is closed, also where `ws` closes it by itself. */
import { WebSocket } from 'ws';
import { BAYEUX_ERRORS, type BayeuxErrorCode } from './errors.ts';
import { disconnected } from './message.ts';

/** Close codes (RFC 6455 §7.4.1). */
export const CLOSE = { normal: 1000, goingAway: 1001, unsupported: 1003, invalid: 1007, policy: 1008, tooBig: 1009 };

const REASONS: ReadonlyMap<number, BayeuxErrorCode> = new Map([
  [CLOSE.invalid, 'malformed'],
  [CLOSE.tooBig, 'message_too_large'],
]);

export class BayeuxSocket extends WebSocket {
  #failure: BayeuxErrorCode | undefined;

  /** What the client was told where `ws` closed the connection by itself; undefined when that has no name in Bayeux. */
  get failure(): BayeuxErrorCode | undefined {
    return this.#failure;
  }

  /** `ws` calls this when a message is larger than allowed, or text is not UTF-8. */
  override close(code?: number, reason?: string | Buffer): void {
    const error = code === undefined || reason !== undefined ? undefined : REASONS.get(code);
    if (error === undefined) super.close(code, reason);
    else {
      this.#failure = error;
      this.cutOff(code, error);
    }
  }

  /** Tells the client that it is disconnected for good, and closes. */
  cutOff(code: number | undefined, error: BayeuxErrorCode): void {
    const text = BAYEUX_ERRORS[error];
    if (this.readyState === WebSocket.OPEN) this.send(JSON.stringify([disconnected(text)]));
    super.close(code, text);
  }
}
