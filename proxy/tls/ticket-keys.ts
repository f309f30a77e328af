/** Keys of session tickets. All workers derive them from one secret, so that each resumes what another has begun. */
import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { ListenerTls } from './listener-tls.ts';

const SECRET_BYTES = 32;
/** Name, HMAC key and AES key, as Node.js takes them. */
const TICKET_KEY_BYTES = 48;
const CONTEXT_BYTES = 16;

export interface SessionKeys {
  readonly ticketKeys: Buffer;
  readonly sessionIdContext: string;
}

/** Hexadecimal. */
export function newTicketSecret(): string {
  return randomBytes(SECRET_BYTES).toString('hex');
}

/**
 * A ticket stands for all that was checked when it was given: one of a listener that asks for no certificate, or for
 * one of another CA, must not open this one (CVE-2025-23419 in NGINX). In TLS 1.3 Node.js takes a resumed session
 * without a certificate for a verified one. So listeners share keys only if they ask the same of their clients.
 */
export function sessionKeysOf(secret: string, { clientCa, minVersion }: ListenerTls): SessionKeys {
  const asked = createHash('sha256')
    .update(`${minVersion}\n${clientCa ?? ''}`)
    .digest();
  const derive = (what: string, length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'hex'), asked, what, length));
  return {
    ticketKeys: derive('ticket keys', TICKET_KEY_BYTES),
    sessionIdContext: derive('session id context', CONTEXT_BYTES).toString('hex'),
  };
}
