/**
 * Cross-origin rules. Customer pages and agent desktops call the cluster from other origins, with the stickiness
 * cookie, so answers name the origin they are for and allow credentials: with credentials `*` is void (Fetch §3.2.5).
 *
 * - create, stop and health answer everyone: what protects them is a secret in the path, or nothing needs to.
 * - get session answers allowed origins only. Its check counts for every client, not just browsers' CORS.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { parseOrigin } from '../config/origin-list.ts';
import type { AnswerHeaders } from './answers.ts';
import { type AllowedOrigins, originOfUrl } from './origins.ts';

/** Who may call a function: anyone, or those from allowed origins. */
export type Audience = 'everyone' | 'allowed-origins';

/** Seconds that a browser may remember a preflight answer. */
const PREFLIGHT_MAX_AGE = '600';

const HEADER_NAMES = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+(?:, ?[A-Za-z0-9!#$%&'*+.^_`|~-]+)*$/;

/**
 * Whether a request to a function for allowed origins names one of them. Origin decides when it is there: browsers
 * always tell the truth in it, and leave it out of same-origin GET requests, where Referer steps in.
 */
export function comesFromAllowedOrigin(headers: IncomingHttpHeaders, allowed: AllowedOrigins): boolean {
  const origin = headers.origin === undefined ? originOfUrl(headers.referer ?? '') : parseOrigin(headers.origin);
  return origin !== undefined && allowed.allows(origin);
}

/** Headers of every answer of a function: they let the calling page read it, or do not. */
export function corsHeaders(headers: IncomingHttpHeaders, audience: Audience, allowed: AllowedOrigins): AnswerHeaders {
  const { origin } = headers;
  return origin !== undefined && mayRead(origin, audience, allowed)
    ? { 'Access-Control-Allow-Origin': origin, 'Access-Control-Allow-Credentials': 'true', Vary: 'Origin' }
    : { Vary: 'Origin' };
}

/** What a preflight is told beyond `corsHeaders`, which must have granted the origin. */
export function preflightHeaders(headers: IncomingHttpHeaders, methods: readonly string[]): AnswerHeaders {
  const asked = headers['access-control-request-headers'];
  return {
    'Access-Control-Allow-Methods': methods.join(', '),
    // No header of a request changes what a function does, so all that are asked for may be sent.
    ...(asked !== undefined && HEADER_NAMES.test(asked) ? { 'Access-Control-Allow-Headers': asked } : {}),
    'Access-Control-Max-Age': PREFLIGHT_MAX_AGE,
    Vary: 'Origin, Access-Control-Request-Headers',
  };
}

/** `null` is the origin of sandboxed frames and of files. */
function mayRead(text: string, audience: Audience, allowed: AllowedOrigins): boolean {
  const origin = parseOrigin(text);
  if (audience === 'everyone') return origin !== undefined || text === 'null';
  return origin !== undefined && allowed.allows(origin);
}
