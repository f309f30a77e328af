/** A WebSocket that says in Bayeux why it is closed, also where `ws` closes it by itself. */
import { WebSocket } from 'ws';
import { DISCONNECT } from './channels.ts';
import { BAYEUX_ERRORS, type BayeuxErrorCode } from './errors.ts';

/** Close codes (RFC 6455 §7.4.1). */
export const CLOSE = { normal: 1000, goingAway: 1001, unsupported: 1003, invalid: 1007, policy: 1008, tooBig: 1009 };

const REASONS: ReadonlyMap<number, BayeuxErrorCode> = new Map([
  [CLOSE.invalid, 'malformed'],
  [CLOSE.tooBig, 'message_too_large'],
]);

export class BayeuxSocket extends WebSocket {
  /** `ws` calls this when a message is larger than allowed, or text is not UTF-8. */
  override close(code?: number, reason?: string | Buffer): void {
    const error = code === undefined || reason !== undefined ? undefined : REASONS.get(code);
    if (error === undefined) super.close(code, reason);
    else this.cutOff(code, error);
  }

  /** Tells the client that it is disconnected for good, and closes. */
  cutOff(code: number | undefined, error: BayeuxErrorCode): void {
    const text = BAYEUX_ERRORS[error];
    const advice = { reconnect: 'none' };
    if (this.readyState === WebSocket.OPEN) {
      this.send(JSON.stringify([{ channel: DISCONNECT, successful: false, error: text, advice }]));
    }
    super.close(code, text);
  }
}
