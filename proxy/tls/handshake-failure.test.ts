import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handshakeFailure } from './handshake-failure.ts';

for (const [code, unverified, expected] of [
  ['ERR_TLS_HANDSHAKE_TIMEOUT', false, 'timeout'],
  ['ECONNRESET', false, 'closed'],
  ['ECONNRESET', true, 'client-certificate'],
  ['ERR_SSL_HTTP_REQUEST', false, 'not-tls'],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', false, 'unsupported'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN', false, 'refused'],
  ['ERR_SSL_BAD_EXTENSION', false, 'malformed'],
  ['ETIMEDOUT', false, 'closed'],
  ['__proto__', false, 'closed'],
  ['', false, 'closed'],
] as const) {
  test(`${code || 'no code'}${unverified ? ', of a client that could not be verified' : ''}: ${expected}`, () => {
    assert.equal(handshakeFailure(code, unverified), expected);
  });
}
