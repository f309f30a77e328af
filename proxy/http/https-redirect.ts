/**
 * The answer of a listener that sends its clients to another one, with TLS: method and body stay (RFC 9110 §15.4.9).
 */
import type { RequestHead } from './request-head.ts';

/** `port`: of the https URL. The name is the one that the client itself came with. A whole answer, in latin1. */
export function httpsRedirect(
  { host, target }: Pick<RequestHead, 'host' | 'target'>,
  { port, keepAlive }: { readonly port: number; readonly keepAlive: boolean },
): string {
  const name = host.replace(/:\d*$/, '');
  const path = target.startsWith('/') ? target : '/';
  return (
    `HTTP/1.1 308 Permanent Redirect\r\nLocation: https://${name}${port === 443 ? '' : `:${port}`}${path}\r\n` +
    `Content-Length: 0\r\nDate: ${new Date().toUTCString()}\r\n${keepAlive ? '' : 'Connection: close\r\n'}\r\n`
  );
}
