/**
 * Who may ask what of the admin listener: whoever has a token of the role that it takes. Where none is configured,
 * programs of this machine alone. `/live` and `/ready` tell anybody one bit; the files of the dashboard tell nothing.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { AdminRefusal } from '../observe/labels.ts';
import { type AdminAnswer, errorAnswer } from './admin-answer.ts';
import type { AdminRole, AdminTokens, AdminTokensReading } from './admin-tokens.ts';

/** What a route takes of who asks. `page`: nothing, and a link from another site may lead to it. */
export type AdminAccess = AdminRole | 'none' | 'page';

export interface GuardedRequest {
  readonly authorization: string | undefined;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** What a browser says of where the request comes from: `same-origin`, `cross-site`, … */
  readonly secFetchSite: string | undefined;
  /** The address that the admin listener is bound to. */
  readonly boundTo: string;
}

/** undefined: it may pass. */
export function refusalFor(
  request: GuardedRequest,
  access: AdminAccess,
  reading: AdminTokensReading,
): AdminRefusal | undefined {
  if (access === 'page') return undefined;
  if (isCrossSite(request)) return 'cross_site';
  if (access === 'none') return undefined;
  if (!reading.ok) return 'token_unreadable';
  const { tokens } = reading;
  const isLocal = isLoopback(request.boundTo);
  if (isTokenNeeded(access, tokens, isLocal)) {
    return refusalOfToken(bearerOf(request.authorization), access, tokens);
  }
  if (!isLocal) return 'token_required';
  // A page whose own name was made to resolve to 127.0.0.1 is of the same origin, and says that name here.
  if (!isLoopback(hostOf(request.host))) return 'wrong_host';
  return undefined;
}

/** RFC 6750 §3: a client that has sent no token is not told what is wrong with it. */
const CHALLENGE = 'Bearer realm="cobrowse-proxy admin"';

/** `waitMs`: where it is one to wait after. */
export function answerTo(refusal: AdminRefusal, waitMs = 0): AdminAnswer {
  switch (refusal) {
    case 'cross_site':
      return errorAnswer(403, refusal, 'A page of another site may not ask for this.');
    case 'token_required': {
      const options = 'admin.token or admin.readToken, or a file with it';
      return errorAnswer(403, refusal, `Set ${options}: the admin address is no loopback.`);
    }
    case 'token_unreadable':
      return errorAnswer(500, refusal, 'The admin tokens cannot be read; the log says why.');
    case 'wrong_host':
      return errorAnswer(403, refusal, 'Without a token, ask by a loopback address or localhost.');
    case 'unauthorized': {
      const answer = errorAnswer(401, refusal, 'Send an admin token: Authorization: Bearer <token>.');
      return { ...answer, headers: { 'WWW-Authenticate': CHALLENGE } };
    }
    case 'invalid_token': {
      const answer = errorAnswer(401, refusal, 'This is no admin token.');
      return { ...answer, headers: { 'WWW-Authenticate': `${CHALLENGE}, error="invalid_token"` } };
    }
    case 'too_many_attempts': {
      const answer = errorAnswer(429, refusal, 'This address has sent too many wrong tokens: wait before the next.');
      return { ...answer, headers: { 'Retry-After': String(Math.ceil(waitMs / 1000)) } };
    }
    case 'insufficient_scope': {
      const answer = errorAnswer(403, refusal, 'This token is for looking only: orders need the admin.token.');
      return {
        ...answer,
        headers: { 'WWW-Authenticate': `${CHALLENGE}, error="insufficient_scope", scope="operate"` },
      };
    }
  }
}

/** Orders are never easier to give than it is to look. */
function isTokenNeeded(role: AdminRole, { read, operate }: AdminTokens, isLocal: boolean): boolean {
  return read.length > 0 || (operate.length > 0 && (role === 'operate' || !isLocal));
}

function refusalOfToken(given: string | undefined, role: AdminRole, tokens: AdminTokens): AdminRefusal | undefined {
  if (given === undefined) return 'unauthorized';
  const owner = ownerOf(given, tokens);
  if (owner === undefined) return 'invalid_token';
  return owner.role === 'operate' || role === 'read' ? undefined : 'insufficient_scope';
}

/** Whose token it is: which one of those of a role, from 1. */
export interface TokenOwner {
  readonly role: AdminRole;
  readonly place: number;
}

/** undefined: nobody's. */
export function ownerOf(token: string, { operate, read }: AdminTokens): TokenOwner | undefined {
  const [ofOperate, ofRead] = [placeOf(token, operate), placeOf(token, read)];
  if (ofOperate > 0) return { role: 'operate', place: ofOperate };
  return ofRead > 0 ? { role: 'read', place: ofRead } : undefined;
}

function isCrossSite({ origin, host, secFetchSite }: GuardedRequest): boolean {
  if (secFetchSite !== undefined && secFetchSite !== 'same-origin' && secFetchSite !== 'none') return true;
  return origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
}

/** undefined: none was sent; '' for what is none. */
export function bearerOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined;
  return /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? '';
}

/** From 1; 0: nowhere. Takes the same time whatever the difference, its length included, and whichever it is. */
function placeOf(given: string, tokens: readonly string[]): number {
  const digest = digestOf(given);
  let place = 0;
  for (const [index, token] of tokens.entries()) if (timingSafeEqual(digest, digestOf(token))) place = index + 1;
  return place;
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function hostOf(host: string | undefined): string {
  return (host ?? '').replace(/:\d*$/, '').replace(/^\[|\]$/g, '');
}

function isLoopback(host: string): boolean {
  return /^(?:localhost|::1|(?:::ffff:)?127(?:\.\d{1,3}){3})$/i.test(host);
}
