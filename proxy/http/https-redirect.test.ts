import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpsRedirect } from './https-redirect.ts';

for (const [host, target, port, location] of [
  ['a.example', '/x?y=1', 443, 'https://a.example/x?y=1'],
  ['A.example:80', '/', 443, 'https://A.example/'],
  ['a.example:8080', '/x', 8443, 'https://a.example:8443/x'],
  ['a.example:', '/x', 443, 'https://a.example/x'],
  ['[2001:db8::1]', '/x', 443, 'https://[2001:db8::1]/x'],
  ['[2001:db8::1]:80', '/x', 8443, 'https://[2001:db8::1]:8443/x'],
  ['a.example', '//b.example/x', 443, 'https://a.example//b.example/x'],
  ['a.example', '*', 443, 'https://a.example/'],
] as const) {
  test(`${host} ${target} to port ${port}: ${location}`, () => {
    const answer = httpsRedirect({ host, target }, { port, keepAlive: true });
    assert.equal(/\r\nLocation: (.*)\r\n/.exec(answer)?.[1], location);
    assert.doesNotMatch(answer, /connection/i);
    assert.match(httpsRedirect({ host, target }, { port, keepAlive: false }), /\r\nConnection: close\r\n\r\n$/);
  });
}
