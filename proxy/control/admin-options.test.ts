import assert from 'node:assert/strict';
import test from 'node:test';
import { adminUrl } from './admin-options.ts';

test('commands find the proxy where its own variables have it', () => {
  for (const [host, port, expected] of [
    [undefined, undefined, 'http://127.0.0.1:9700'],
    ['', '9800', 'http://127.0.0.1:9800'],
    ['0.0.0.0', '9800', 'http://127.0.0.1:9800'],
    ['::', undefined, 'http://[::1]:9700'],
    ['10.0.0.5', undefined, 'http://10.0.0.5:9700'],
    ['no host', 'no port', 'http://127.0.0.1:9700'],
  ] as const) {
    const environment = { COBROWSE_PROXY_ADMIN_HOST: host, COBROWSE_PROXY_ADMIN_PORT: port };
    assert.equal(adminUrl(environment), expected);
  }
});
