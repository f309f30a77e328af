import assert from 'node:assert/strict';
import test from 'node:test';
import { PathMask } from './path-mask.ts';

const mask = new PathMask([
  { path: '/rest/live/sessions' },
  { path: '/rest/live/sessions/{id}' },
  { path: '/rest/live/users/{id}/session/stop' },
  { path: '/cometd/**' },
]);

for (const [what, path, masked] of [
  ['a path without a token', '/cobrowse/rest/live/sessions', '/cobrowse/rest/live/sessions'],
  ['a session', '/cobrowse/rest/live/sessions/abc', '/cobrowse/rest/live/sessions/{id}'],
  ['a query', '/rest/live/sessions/abc?', '/rest/live/sessions/{id}?'],
  ['a query and no token', '/rest/live/sessions/?', '/rest/live/sessions/?'],
  ['more below it', '/rest/live/sessions/abc/pages/2', '/rest/live/sessions/{id}/pages/2'],
  ['a slash at the end', '/rest/live/sessions/abc/', '/rest/live/sessions/{id}/'],
  ['slashes in a row', '//rest/live/sessions//abc//', '//rest/live/sessions//{id}//'],
  ['a user', '/n1/cobrowse/rest/live/users/a-b_c/session/stop', '/n1/cobrowse/rest/live/users/{id}/session/stop'],
  ['another base', '/elsewhere/sessions/abc', '/elsewhere/sessions/{id}'],
  ['a token where none should be', '/js/123456789/x.js', '/js/{id}/x.js'],
  ['digits among others', '/a/x0123456789y', '/a/{id}'],
  ['an encoded token', '/rest/live/sessions/%31%32%33', '{id}'],
  ['an encoded word', '/rest/live/%73essions/abc', '{id}'],
  ['an encoded slash', '/rest/live/sessions%2Fabc', '{id}'],
  ['encoded digits', '/a/%31%32%33%34%35%36%37%38%39', '{id}'],
  ['something else encoded', '/a%20b', '/a%20b'],
  ['what looks encoded', '/100%/x%zz', '/100%/x%zz'],
  ['a word that only ends like one', '/my-sessions/abc', '/my-sessions/abc'],
] as const) {
  test(what, () => assert.equal(mask.mask(path), masked));
}
