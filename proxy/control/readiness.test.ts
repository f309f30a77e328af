import assert from 'node:assert/strict';
import test from 'node:test';
import { aNode } from '../pool/testing/nodes.ts';
import type { NodeSnapshot } from '../pool/view.ts';
import { type ReadinessFacts, readinessOf } from './readiness.ts';

const facts = (node: Partial<NodeSnapshot>, differences: Partial<ReadinessFacts> = {}): ReadinessFacts => ({
  shuttingDown: false,
  listeningWorkers: 1,
  pool: { version: 1, nodes: [aNode(0, node)] },
  ...differences,
});

test('ready with a worker that listens and a node that takes sessions', () => {
  assert.deepEqual(readinessOf(facts({ state: 'up' })), { ready: true });
});

for (const { why, given, reason } of [
  { why: 'it is shutting down', given: facts({ state: 'up' }, { shuttingDown: true }), reason: 'shutting_down' },
  { why: 'no worker listens', given: facts({ state: 'up' }, { listeningWorkers: 0 }), reason: 'no_worker' },
  { why: 'the node is down', given: facts({ state: 'down' }), reason: 'no_node' },
  { why: 'the node only keeps its sessions', given: facts({ state: 'draining' }), reason: 'no_node' },
  { why: 'the node was not polled yet', given: facts({ state: 'unknown' }), reason: 'no_node' },
  { why: 'the node is full', given: facts({ state: 'up', sessions: 5, capacity: 5 }), reason: 'no_node' },
]) {
  test(`not ready when ${why}`, () => {
    assert.deepEqual(readinessOf(given), { ready: false, reason });
  });
}
