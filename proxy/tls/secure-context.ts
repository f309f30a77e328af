/**
 * What is spoken, with clients and with nodes: versions, ciphers, curves. Mozilla's "intermediate" without the
 * finite-field groups.
 */
import { constants } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { Certificate, ListenerTls } from './listener-tls.ts';
import type { SessionKeys } from './ticket-keys.ts';

/** TLS 1.2: forward secrecy and authenticated encryption only. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  // Keys of 112 bits of strength at least, RSA of 2048, and no SHA-1.
  '@SECLEVEL=2',
].join(':');

const CURVES = 'X25519:prime256v1:secp384r1';

/** Of a session by its ticket, in seconds: as long a client certificate that was checked counts as checked. */
const SESSION_SECONDS = 300;

/** The server's order holds, but a client that prefers ChaCha20, having no AES in hardware, gets it. */
const OPTIONS = constants.SSL_OP_PRIORITIZE_CHACHA | constants.SSL_OP_NO_RENEGOTIATION;

/** Throws what OpenSSL has against the certificate or its key. */
export function secureContext(tls: ListenerTls, certificate: Certificate, keys: SessionKeys): SecureContext {
  return createSecureContext(secureContextOptions(tls, certificate, keys));
}

/** What is asked of a node, and shown to it: all in PEM. */
export interface NodeCredentials {
  /** Absent: the CAs that Node.js trusts. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  /** Secret. */
  readonly key?: string | undefined;
}

/** Throws what OpenSSL has against the certificate, its key or the CAs. */
export function nodeContext({ ca, cert, key }: NodeCredentials): SecureContext {
  return createSecureContext({
    ca,
    cert,
    key,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: CIPHERS,
    ecdhCurve: CURVES,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  });
}

/** `certificate`: undefined for none. */
export function secureContextOptions(
  { minVersion, clientCa }: ListenerTls,
  certificate: Certificate | undefined,
  { ticketKeys, sessionIdContext }: SessionKeys,
): SecureContextOptions {
  return {
    ...(certificate !== undefined && { cert: certificate.cert, key: certificate.key }),
    // By default all CAs that Node.js knows would do.
    ca: clientCa ?? [],
    minVersion,
    maxVersion: 'TLSv1.3',
    ciphers: CIPHERS,
    ecdhCurve: CURVES,
    honorCipherOrder: true,
    secureOptions: OPTIONS,
    ticketKeys,
    sessionIdContext,
    sessionTimeout: SESSION_SECONDS,
  };
}
