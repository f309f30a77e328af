import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasLeft } from './departures.ts';

const NODE = { state: 'draining', since: 5_000, sessions: 3, reportedAt: 20_000 } as const;
const FACTS = { node: NODE, withdrawn: 10_000, connections: 2, forget: 60_000, now: 21_000 };

test('a node that is found no more stays for its sessions, however long they take', () => {
  assert.equal(hasLeft({ ...FACTS, now: Number.MAX_SAFE_INTEGER }), false);
  assert.equal(hasLeft({ ...FACTS, node: { ...NODE, sessions: 0 } }), true);
  assert.equal(
    hasLeft({ ...FACTS, node: { ...NODE, sessions: 0, reportedAt: 9_000 } }),
    false,
    'said before it was withdrawn',
  );
});

test('one that reports no sessions stays for its connections', () => {
  const node = { ...NODE, sessions: undefined };
  assert.equal(hasLeft({ ...FACTS, node }), false);
  assert.equal(hasLeft({ ...FACTS, node, connections: 0 }), true);
});

test('one that does not answer stays until whoever had a session there can have been told', () => {
  for (const state of ['down', 'unknown'] as const) {
    const node = { ...NODE, state, sessions: 0 };
    assert.equal(hasLeft({ ...FACTS, node, now: 69_999 }), false);
    assert.equal(hasLeft({ ...FACTS, node, now: 70_000 }), true);
    assert.equal(hasLeft({ ...FACTS, node: { ...node, since: 30_000 }, now: 70_000 }), false, 'from when it went down');
  }
});
