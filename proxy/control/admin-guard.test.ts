import assert from 'node:assert/strict';
import test from 'node:test';
import { type GuardedRequest, refuseUnlessAllowed } from './admin-guard.ts';

const LOCAL: GuardedRequest = {
  authorization: undefined,
  host: '127.0.0.1:9700',
  origin: undefined,
  secFetchSite: undefined,
  boundTo: '127.0.0.1',
};

function codeOf(request: Partial<GuardedRequest>, token?: string): string {
  const refusal = refuseUnlessAllowed({ ...LOCAL, ...request }, token);
  return refusal === undefined ? 'passes' : `${refusal.status} ${JSON.parse(refusal.body).error.code}`;
}

for (const [what, request, expected] of [
  ['a local program', {}, 'passes'],
  ['a local program that says localhost', { host: 'localhost:9700' }, 'passes'],
  ['a local program by IPv6', { host: '[::1]:9700', boundTo: '::1' }, 'passes'],
  ['the listener of every address', { boundTo: '0.0.0.0' }, '403 token_required'],
  ['a listener for the network', { boundTo: '10.0.0.1', host: '10.0.0.1:9700' }, '403 token_required'],
  ['a page of another site', { origin: 'https://evil.example' }, '403 cross_site'],
  ['a page without an origin', { origin: 'null' }, '403 cross_site'],
  ['a browser that says cross-site', { secFetchSite: 'cross-site' }, '403 cross_site'],
  ['a browser that says same-site', { secFetchSite: 'same-site' }, '403 cross_site'],
  ['a page of its own', { origin: 'http://127.0.0.1:9700', secFetchSite: 'same-origin' }, 'passes'],
  [
    'a page whose name was made to mean this machine',
    { host: 'evil.example:9700', origin: 'http://evil.example:9700', secFetchSite: 'same-origin' },
    '403 wrong_host',
  ],
  ['a name that only begins like a loopback address', { host: '127.0.0.1.evil.example' }, '403 wrong_host'],
  ['no host', { host: undefined }, '403 wrong_host'],
] as const) {
  test(`without a token: ${what}: ${expected}`, () => assert.equal(codeOf(request), expected));
}

for (const [what, request, expected] of [
  ['the token', { authorization: 'Bearer s3cret', boundTo: '0.0.0.0', host: 'admin.example' }, 'passes'],
  ['the token, in another spelling of the scheme', { authorization: 'bearer s3cret' }, 'passes'],
  ['no token, though local', {}, '401 unauthorized'],
  ['another token', { authorization: 'Bearer s3cre' }, '401 unauthorized'],
  ['an empty token', { authorization: 'Bearer ' }, '401 unauthorized'],
  ['another scheme', { authorization: 'Basic s3cret' }, '401 unauthorized'],
  [
    'a page of another site that knows it',
    { authorization: 'Bearer s3cret', origin: 'https://evil.example' },
    '403 cross_site',
  ],
] as const) {
  test(`with a token configured: ${what}: ${expected}`, () => assert.equal(codeOf(request, 's3cret'), expected));
}
