/** Who may change something through the admin listener: whoever has the token; without one, local programs only. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type AdminAnswer, errorAnswer } from './admin-answer.ts';

export interface GuardedRequest {
  readonly authorization: string | undefined;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** What a browser says of where the request comes from: `same-origin`, `cross-site`, … */
  readonly secFetchSite: string | undefined;
  /** The address that the admin listener is bound to. */
  readonly boundTo: string;
}

/** The refusal; undefined for a request that may pass. `token`: undefined when none is configured. */
export function refuseUnlessAllowed(request: GuardedRequest, token: string | undefined): AdminAnswer | undefined {
  if (isCrossSite(request)) {
    return errorAnswer(403, 'cross_site', 'A page of another site may not ask for this.');
  }
  if (token !== undefined) {
    if (sameToken(bearerOf(request.authorization), token)) return undefined;
    return {
      ...errorAnswer(401, 'unauthorized', 'Send the admin token: Authorization: Bearer <token>.'),
      headers: { 'WWW-Authenticate': 'Bearer' },
    };
  }
  if (!isLoopback(request.boundTo)) {
    return errorAnswer(403, 'token_required', 'Set admin.token or admin.tokenFile: the admin address is no loopback.');
  }
  // A page whose own name was made to resolve to 127.0.0.1 is of the same origin, and says that name here.
  if (!isLoopback(hostOf(request.host))) {
    return errorAnswer(403, 'wrong_host', 'Without a token, ask by a loopback address or localhost.');
  }
  return undefined;
}

function isCrossSite({ origin, host, secFetchSite }: GuardedRequest): boolean {
  if (secFetchSite !== undefined && secFetchSite !== 'same-origin' && secFetchSite !== 'none') return true;
  return origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
}

function bearerOf(authorization: string | undefined): string {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? '';
}

/** Takes the same time whatever the difference, its length included. */
function sameToken(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function hostOf(host: string | undefined): string {
  return (host ?? '').replace(/:\d*$/, '').replace(/^\[|\]$/g, '');
}

function isLoopback(host: string): boolean {
  return /^(?:localhost|::1|(?:::ffff:)?127(?:\.\d{1,3}){3})$/i.test(host);
}
