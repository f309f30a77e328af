/** The cookies of the live channel. */
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** CometD's own: keeps a client's session to its browser. */
const BROWSER_COOKIE = 'BAYEUX_BROWSER';
const BROWSER_ID = /^[A-Za-z0-9_-]{1,128}$/;

/** Undefined also for a value that neither this node nor another can have given. */
export function browserIdOf(headers: IncomingHttpHeaders): string | undefined {
  const prefix = `${BROWSER_COOKIE}=`;
  const pair = pairsOf(headers).find((candidate) => candidate.startsWith(prefix));
  const browserId = pair?.slice(prefix.length);
  return browserId !== undefined && BROWSER_ID.test(browserId) ? browserId : undefined;
}

export function newBrowserId(): string {
  return randomBytes(20).toString('hex');
}

export function browserCookie(browserId: string): string {
  return `${BROWSER_COOKIE}=${browserId}; Path=/; HttpOnly`;
}

/** Whether a request carries what this Set-Cookie value would set. */
export function carries(headers: IncomingHttpHeaders, setCookie: string): boolean {
  const [pair = ''] = setCookie.split(';');
  return pairsOf(headers).includes(pair);
}

function pairsOf({ cookie = '' }: IncomingHttpHeaders): readonly string[] {
  return cookie.split(';').map((pair) => pair.trim());
}
