/** Why TLS with a node failed, in words for an operator: short, and with nothing in them that the node has said. */

const UNKNOWN_CA = 'its certificate is not of a CA that is trusted';
/** A key that is too weak, for one: Node.js does not say. */
const UNVERIFIABLE = 'its certificate cannot be verified';
const REFUSES = "it refuses the proxy's certificate";
const NO_TLS = 'it does not speak TLS';
const REFUSES_ALL =
  'it refuses the handshake: nothing that both can speak, or it wants a certificate that the proxy has not got';
const NOTHING_IN_COMMON = 'it has no version of TLS in common with the proxy';

const BY_CODE: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_CA,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_CA,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_CA,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_CA,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_CA,
  CERT_UNTRUSTED: UNKNOWN_CA,
  INVALID_CA: UNKNOWN_CA,
  CERT_SIGNATURE_FAILURE: UNKNOWN_CA,
  INVALID_PURPOSE: 'its certificate is not one of a server',
  UNSPECIFIED: UNVERIFIABLE,
  CERT_CHAIN_TOO_LONG: UNVERIFIABLE,
  PATH_LENGTH_EXCEEDED: UNVERIFIABLE,
  CERT_REJECTED: UNVERIFIABLE,
  CERT_REVOKED: 'its certificate is revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for other names',
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_HTTP_REQUEST: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
  ERR_SSL_UNSUPPORTED_PROTOCOL: NOTHING_IN_COMMON,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: NOTHING_IN_COMMON,
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: REFUSES_ALL,
  'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE': REFUSES_ALL,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: REFUSES,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: REFUSES,
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: REFUSES,
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: REFUSES,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: REFUSES,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: REFUSES,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: REFUSES,
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: REFUSES,
  ECONNRESET: 'it broke off in the handshake',
  EPIPE: 'it broke off in the handshake',
};

/**
 * Of a connection that could be made but not be made safe; undefined for an error that is not about TLS. After the
 * handshake a mere ECONNRESET is none.
 */
export function nodeTlsFailure(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code !== 'string') return undefined;
  const known = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
  if (known !== undefined) return known;
  if (code.startsWith('ERR_SSL_')) return `TLS fails: ${code.slice('ERR_SSL_'.length).toLowerCase()}`;
  return undefined;
}
