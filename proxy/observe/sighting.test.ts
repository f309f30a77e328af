import assert from 'node:assert/strict';
import test from 'node:test';
import type { ExchangeRecord } from './record.ts';
import { sightingOf } from './sighting.ts';
import { exchange } from './testing/exchange.ts';

const seen = (differences: Partial<ExchangeRecord>) =>
  sightingOf('s', exchange({ token: '1', ...differences }), 'token');

const SEEN = { session: 's', node: 'a', namedBy: 'token' };

test('a session is seen where it was created, found, live and stopped', () => {
  assert.deepEqual(seen({ class: 'create', created: '1' }), { ...SEEN, class: 'create' });
  assert.deepEqual(seen({ class: 'session' }), { ...SEEN, class: 'session' });
  assert.deepEqual(seen({ class: 'live' }), { ...SEEN, class: 'live' });
  assert.deepEqual(seen({ class: 'live', status: 101, tunnel: true }), { ...SEEN, class: 'live' });
  assert.deepEqual(seen({ class: 'user' }), { ...SEEN, class: 'user' });
});

for (const [what, differences] of [
  ['an error', { class: 'session', status: 404 }],
  ['a redirection', { class: 'session', status: 302 }],
  ['a refusal', { class: 'session', status: 503, node: '' }],
  ['an answer in place of a node that is down', { class: 'session', verdict: 'unreachable' }],
  ['an answer in place of a node that is gone', { class: 'session', verdict: 'lost' }],
  ['a creation that names no session', { class: 'create', created: '' }],
  ['a file', { class: 'any' }],
] as const) {
  test(`${what} says nothing about where it lives`, () => {
    assert.equal(seen(differences), undefined);
  });
}
