import assert from 'node:assert/strict';
import test from 'node:test';
import { type AdminAccess, answerTo, type GuardedRequest, refusalFor } from './admin-guard.ts';
import type { AdminTokens } from './admin-tokens.ts';

const LOCAL: GuardedRequest = {
  authorization: undefined,
  host: '127.0.0.1:9700',
  origin: undefined,
  secFetchSite: undefined,
  boundTo: '127.0.0.1',
};
const REMOTE = { boundTo: '0.0.0.0', host: 'admin.example' };

function outcomeOf(request: Partial<GuardedRequest>, access: AdminAccess, tokens: Partial<AdminTokens> = {}): string {
  const reading = { ok: true, tokens: { read: [], operate: [], ...tokens } } as const;
  const refusal = refusalFor({ ...LOCAL, ...request }, access, reading);
  return refusal === undefined ? 'passes' : `${answerTo(refusal).status} ${refusal}`;
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
  ['an address typed into a browser', { secFetchSite: 'none' }, 'passes'],
  [
    'a page whose name was made to mean this machine',
    { host: 'evil.example:9700', origin: 'http://evil.example:9700', secFetchSite: 'same-origin' },
    '403 wrong_host',
  ],
  ['a name that only begins like a loopback address', { host: '127.0.0.1.evil.example' }, '403 wrong_host'],
  ['a name that only ends like localhost', { host: 'evil.localhost' }, '403 wrong_host'],
  ['no host', { host: undefined }, '403 wrong_host'],
] as const) {
  for (const access of ['read', 'operate'] as const) {
    test(`no token configured, ${access}: ${what}: ${expected}`, () =>
      assert.equal(outcomeOf(request, access), expected));
  }
}

test('a probe is answered wherever it comes from, but no page of another site', () => {
  for (const tokens of [{}, { read: ['r'], operate: ['o'] }]) {
    assert.equal(outcomeOf({ boundTo: '0.0.0.0', host: '10.0.0.7:9700' }, 'none', tokens), 'passes');
    assert.equal(outcomeOf({ secFetchSite: 'cross-site' }, 'none', tokens), '403 cross_site');
  }
});

test('the files of the dashboard may be linked to from anywhere', () => {
  for (const request of [{ boundTo: '0.0.0.0', host: '10.0.0.7:9700' }, { secFetchSite: 'cross-site' }]) {
    assert.equal(outcomeOf(request, 'page', { read: ['r'], operate: ['o'] }), 'passes');
  }
});

for (const [authorization, read, operate] of [
  ['Bearer operate-1', 'passes', 'passes'],
  ['Bearer operate-2', 'passes', 'passes'],
  ['bearer   operate-1 ', 'passes', 'passes'],
  ['Bearer read-1', 'passes', '403 insufficient_scope'],
  ['Bearer read-2', 'passes', '403 insufficient_scope'],
  [undefined, '401 unauthorized', '401 unauthorized'],
  ['Bearer read-', '401 invalid_token', '401 invalid_token'],
  ['Bearer read-12', '401 invalid_token', '401 invalid_token'],
  ['Bearer READ-1', '401 invalid_token', '401 invalid_token'],
  ['Bearer read-1 operate-1', '401 invalid_token', '401 invalid_token'],
  ['Bearer read-1,operate-1', '401 invalid_token', '401 invalid_token'],
  ['Bearer ', '401 invalid_token', '401 invalid_token'],
  ['', '401 invalid_token', '401 invalid_token'],
  ['Basic operate-1', '401 invalid_token', '401 invalid_token'],
  ['operate-1', '401 invalid_token', '401 invalid_token'],
] as const) {
  test(`tokens of both roles: ${authorization ?? 'none sent'}: read ${read}, operate ${operate}`, () => {
    const tokens = { read: ['read-1', 'read-2'], operate: ['operate-1', 'operate-2'] };
    for (const where of [{}, REMOTE]) {
      assert.equal(outcomeOf({ authorization, ...where }, 'read', tokens), read);
      assert.equal(outcomeOf({ authorization, ...where }, 'operate', tokens), operate);
    }
  });
}

test('a page of another site is refused with a token, too', () => {
  const request = { authorization: 'Bearer o', origin: 'https://evil.example' };
  assert.equal(outcomeOf(request, 'operate', { operate: ['o'] }), '403 cross_site');
});

test('with a token for orders alone, programs of this machine may look without it, and nobody else', () => {
  const tokens = { operate: ['o'] };
  assert.equal(outcomeOf({}, 'read', tokens), 'passes');
  assert.equal(outcomeOf({}, 'operate', tokens), '401 unauthorized');
  assert.equal(outcomeOf({ host: 'evil.example' }, 'read', tokens), '403 wrong_host');
  assert.equal(outcomeOf(REMOTE, 'read', tokens), '401 unauthorized');
  assert.equal(outcomeOf({ ...REMOTE, authorization: 'Bearer o' }, 'read', tokens), 'passes');
});

test('with a token for looking alone, nobody gives orders', () => {
  const tokens = { read: ['r'] };
  assert.equal(outcomeOf({}, 'operate', tokens), '401 unauthorized');
  assert.equal(outcomeOf({ authorization: 'Bearer r' }, 'operate', tokens), '403 insufficient_scope');
});
