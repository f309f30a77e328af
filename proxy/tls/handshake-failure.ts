/** Why a handshake failed, in a few words that a metric can carry. */

/**
 * - `timeout`: not done in time.
 * - `limit`: more at once than `limits.handshakes`.
 * - `closed`: the client went away.
 * - `not-tls`: something else was spoken, plain HTTP for one.
 * - `unsupported`: no version, cipher, curve or protocol in common.
 * - `client-certificate`: none, or not of the listener's CA.
 * - `refused`: the client did not like what it saw, such as the certificate.
 * - `malformed`: against the rules of TLS.
 */
export const HANDSHAKE_FAILURES = [
  'timeout',
  'limit',
  'closed',
  'not-tls',
  'unsupported',
  'client-certificate',
  'refused',
  'malformed',
] as const;
export type HandshakeFailure = (typeof HANDSHAKE_FAILURES)[number];

const BY_CODE: Readonly<Record<string, HandshakeFailure>> = {
  ERR_TLS_HANDSHAKE_TIMEOUT: 'timeout',
  ECONNRESET: 'closed',
  EPIPE: 'closed',
  ERR_SSL_UNEXPECTED_EOF_WHILE_READING: 'closed',
  ERR_SSL_HTTP_REQUEST: 'not-tls',
  ERR_SSL_HTTPS_PROXY_REQUEST: 'not-tls',
  ERR_SSL_WRONG_VERSION_NUMBER: 'not-tls',
  ERR_SSL_UNKNOWN_PROTOCOL: 'not-tls',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'unsupported',
  ERR_SSL_VERSION_TOO_LOW: 'unsupported',
  ERR_SSL_NO_SHARED_CIPHER: 'unsupported',
  ERR_SSL_NO_CIPHERS_SPECIFIED: 'unsupported',
  ERR_SSL_NO_SUITABLE_KEY_SHARE: 'unsupported',
  ERR_SSL_NO_SUITABLE_GROUPS: 'unsupported',
  ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM: 'unsupported',
  ERR_SSL_NO_SHARED_SIGNATURE_ALGORITHMS: 'unsupported',
  ERR_SSL_NO_SHARED_SIGATURE_ALGORITHMS: 'unsupported',
  ERR_SSL_NO_APPLICATION_PROTOCOL: 'unsupported',
  ERR_SSL_INAPPROPRIATE_FALLBACK: 'unsupported',
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'client-certificate',
  ERR_SSL_CERTIFICATE_VERIFY_FAILED: 'client-certificate',
};

/** `code`: of the error; `unverified`: the certificate that the client showed is not one of ours. */
export function handshakeFailure(code: string, unverified: boolean): HandshakeFailure {
  if (unverified) return 'client-certificate';
  const known = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
  if (known !== undefined) return known;
  if (!code.startsWith('ERR_SSL_')) return 'closed';
  return code.includes('_ALERT_') ? 'refused' : 'malformed';
}
