/** What a listener makes of every request, and adds to every node's answer. */
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import { PathRules } from '../affinity/path-rules.ts';

export interface ListenerRules {
  /** Of the https URL that clients are sent to, whatever they ask for; 0: they are served. */
  readonly redirectPort: number;
  /** Strict-Transport-Security as a whole line; '' for none. Browsers take it over TLS only (RFC 6797 §7.2). */
  readonly hsts: string;
  /** HTTP/2 is spoken as well: with TLS where ALPN agrees on it, without where a client begins so. */
  readonly http2: boolean;
  /** undefined: everything is served. */
  readonly paths: PathRules | undefined;
}

export function rulesOf(listener: ProxyConfig['listeners'][number]): ListenerRules {
  const { redirectToHttps = 0, tls, http2 = tls !== undefined } = listener;
  const maxAge = tls?.hsts;
  return {
    redirectPort: redirectToHttps,
    hsts: maxAge === undefined ? '' : `Strict-Transport-Security: max-age=${Math.floor(maxAge / 1000)}\r\n`,
    http2,
    paths: PathRules.of(listener),
  };
}
