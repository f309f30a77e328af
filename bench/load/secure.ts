/**
 * What clients say to open a TLS connection. Whose certificate they see was looked at when the contender was proved.
 */
import { type ConnectionOptions, createSecureContext } from 'node:tls';
import { TLS_NAME } from '../backend-facts.ts';

/** Made once: it takes longer than a handshake. */
const CONTEXT = createSecureContext({ minVersion: 'TLSv1.3', ecdhCurve: 'X25519' });

export const secureOptions = (port: number): ConnectionOptions => ({
  host: '127.0.0.1',
  port,
  servername: TLS_NAME,
  secureContext: CONTEXT,
  rejectUnauthorized: false,
});
