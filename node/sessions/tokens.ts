/** The secrets of a session. All are strings: `"045800826"` read as a number would lose a digit. */
import { randomBytes, randomInt } from 'node:crypto';

const SESSION_TOKEN = /^\d{9}$/;
const USER_TOKEN_BYTES = 24;
const USER_TOKEN = /^[A-Za-z0-9_-]{32}$/;

/**
 * Nine decimal digits that the customer reads out to the agent; each of the 10^9 is equally likely. May be taken:
 * `SessionStore.insert` tells.
 */
export function newSessionToken(): string {
  return randomInt(1_000_000_000).toString().padStart(9, '0');
}

export function isSessionToken(text: string): boolean {
  return SESSION_TOKEN.test(text);
}

/** 192 random bits in 32 characters that need no escaping in a path: too many to guess or to collide. */
export function newUserToken(): string {
  return randomBytes(USER_TOKEN_BYTES).toString('base64url');
}

export function isUserToken(text: string): boolean {
  return USER_TOKEN.test(text);
}
