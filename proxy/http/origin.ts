/** The Origin header of a request. */
import { isHost } from './grammar.ts';

const SCHEME = /^[a-z][a-z0-9+.-]{0,31}:\/\//;

/**
 * A serialized origin (RFC 6454 §6.2) as browsers send it, extensions included; `null` is that of a sandboxed frame.
 */
export function isOrigin(text: string): boolean {
  if (text === 'null') return true;
  const scheme = SCHEME.exec(text)?.[0];
  return scheme !== undefined && isHost(text.slice(scheme.length));
}
