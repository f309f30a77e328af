import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestFunction } from './request-function.ts';

test('a request is one of few things, whatever the client wrote', () => {
  const cases: readonly [target: string, asked: string][] = [
    ['/cobrowse/rest/live/sessions', 'create'],
    ['/cobrowse/rest/live/sessions?x=/health', 'create'],
    ['/cobrowse/rest/live/sessions/045800826', 'get'],
    ['/cobrowse/rest/live/users/secret/session/stop', 'stop'],
    ['/cobrowse/rest/history/sessions/x', 'history'],
    ['/cobrowse/health', 'health'],
    ['http://h/cobrowse/health', 'health'],
    ['/cobrowse/cometd', 'live'],
    ['/cobrowse/cometd/handshake', 'live'],
    ['/cobrowse/js/rrweb/rrweb.js', 'static'],
    ['/cobrowse/demo/', 'static'],
    ['/cobrowse/cometdx', 'other'],
    ['/cobrowse/rest/live/sessions/a/b', 'other'],
    ['/health', 'other'],
    ['/cobrowse', 'other'],
    ['*', 'other'],
    ['', 'other'],
  ];
  for (const [target, asked] of cases) assert.equal(requestFunction(target, '/cobrowse'), asked, target);
  assert.equal(requestFunction('/health', ''), 'health');
});
