/** What a request asked for, as a label: one of few values, whatever the client wrote. */
import { pathOf } from '../request-path.ts';
import type { RequestFunction } from './declarations.ts';

const FUNCTIONS: readonly (readonly [path: RegExp, asked: RequestFunction])[] = [
  [/^\/rest\/live\/sessions$/, 'create'],
  [/^\/rest\/live\/sessions\/[^/]+$/, 'get'],
  [/^\/rest\/live\/users\/[^/]+\/session\/stop$/, 'stop'],
  [/^\/rest\/history\/sessions\/[^/]+$/, 'history'],
  [/^\/health$/, 'health'],
  [/^\/cometd(?:\/|$)/, 'live'],
  [/^\/(?:js|demo)(?:\/|$)/, 'static'],
];

/**
 * @param target the request target as it came
 * @param base root of the web application: `/cobrowse`, or `''`
 */
export function requestFunction(target: string, base: string): RequestFunction {
  const path = pathOf(target);
  if (!path.startsWith(`${base}/`)) return 'other';
  const below = path.slice(base.length);
  return FUNCTIONS.find(([pattern]) => pattern.test(below))?.[1] ?? 'other';
}
