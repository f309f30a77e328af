import assert from 'node:assert/strict';
import test from 'node:test';
import { REFUSALS } from '../http/refusals.ts';
import { AFTER, isReplayable } from './retry.ts';

test('what may be sent twice: idempotent requests without a body', () => {
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']) {
    assert.equal(isReplayable(method, false), true, method);
    assert.equal(isReplayable(method, true), false, method);
  }
  for (const method of ['POST', 'PATCH', 'get', 'TRACE']) assert.equal(isReplayable(method, false), false, method);
});

test('only a request that no node knows of may go elsewhere whatever it is', () => {
  const untouched = Object.entries(AFTER).filter(([, after]) => after.untouched);
  assert.deepEqual(
    untouched.map(([failure]) => failure),
    ['refused', 'unreached', 'tls'],
  );
});

test('a client that is bound to the node is told to come back, one that is not that the node failed', () => {
  for (const failure of ['refused', 'unreached', 'tls', 'stale', 'closed', 'ejected'] as const) {
    assert.equal(AFTER[failure].boundCode, 'node_unreachable', failure);
  }
  for (const failure of ['refused', 'unreached', 'tls'] as const)
    assert.equal(AFTER[failure].code, 'no_node_available', failure);
  for (const failure of ['stale', 'closed', 'ejected'] as const)
    assert.equal(AFTER[failure].code, 'node_failed', failure);
  for (const { code } of Object.values(AFTER)) assert.ok(REFUSALS[code].status >= 502, code);
});
