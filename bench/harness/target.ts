/** Where one contender answers, and how it is asked. */
import { Agent } from 'undici';
import { TLS_NAME } from '../backend-facts.ts';

export type Target = {
  readonly name: string;
  readonly port: number;
  /** False for a node itself: no affinity and no forwarding headers to expect. */
  readonly routes: boolean;
  /** It speaks TLS, with a certificate of this CA (PEM); unset: plain HTTP. */
  readonly ca?: string | undefined;
  /** Of one with several workers or threads: the same contender with one. */
  readonly single?: string | undefined;
  /** Where its access log goes; unset: it writes none. */
  readonly accessLog?: string | undefined;
};

export const originOf = ({ port, ca }: Pick<Target, 'port' | 'ca'>): string =>
  `${ca === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;

/** To be destroyed after use. Each connection makes a handshake of its own, and takes no other certificate. */
export function agentFor({ ca }: Pick<Target, 'ca'>, patienceMs: number): Agent {
  const connect = { ...(ca !== undefined && { ca, servername: TLS_NAME }), maxCachedSessions: 0 };
  return new Agent({ headersTimeout: patienceMs, bodyTimeout: patienceMs, connect });
}
