import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { aNode } from '../pool/testing/nodes.ts';
import type { NodeSnapshot } from '../pool/view.ts';
import { PairCheck, type Split } from './pair-check.ts';
import type { Sighting } from './sighting.ts';

function checkOf(...names: readonly string[]) {
  const nodes = new Map<string, NodeSnapshot>(names.map((name) => [name, aNode(0, { name, instanceId: 'i-1' })]));
  const splits: Split[] = [];
  const check = new PairCheck({ nodeOf: (name) => nodes.get(name), onSplit: (split) => splits.push(split) });
  return {
    check,
    splits,
    change: (name: string, differences: Partial<NodeSnapshot>) => {
      nodes.set(name, aNode(0, { name, instanceId: 'i-1', ...nodes.get(name), ...differences }));
    },
    remove: (name: string) => nodes.delete(name),
    see: (node: string, requestClass: Sighting['class'] = 'session', session = 's') =>
      check.note({ session, node, class: requestClass, namedBy: 'token' }),
    claim: (node: string) => check.note({ session: 's', node, class: 'live', namedBy: 'cookie' }),
  };
}

test('customer and agent on one node are a pair; the first alone is none', () => {
  const { check, see, splits } = checkOf('a', 'b');
  see('a', 'create');
  assert.deepEqual(check.counts, { ok: 0, split: 0, skipped: 0 });
  see('a', 'session');
  see('b', 'session', 'another session');
  assert.deepEqual(check.counts, { ok: 1, split: 0, skipped: 0 });
  assert.deepEqual(splits, []);
});

test('an agent who is answered elsewhere while the owner is up is a split: each is counted, the first is told', () => {
  const { check, see, splits } = checkOf('a', 'b');
  see('a', 'create');
  see('b', 'session');
  see('b', 'session');
  see('a', 'session');
  assert.deepEqual(check.counts, { ok: 1, split: 2, skipped: 0 });
  assert.deepEqual(splits, [{ session: 's', node: 'b', class: 'session', before: { node: 'a', class: 'create' } }]);
});

test('without a creation in sight the later answer is the one to compare with', () => {
  const { check, see } = checkOf('a', 'b');
  for (const node of ['a', 'b', 'b', 'b']) see(node);
  assert.deepEqual(check.counts, { ok: 2, split: 1, skipped: 0 });
});

for (const [what, change] of [
  ['is down', { state: 'down' }],
  ['has not been polled', { state: 'unknown' }],
  ['is another instance', { instanceId: 'i-2' }],
] as const) {
  test(`it is no split when the owner ${what}`, () => {
    const cluster = checkOf('a', 'b');
    cluster.see('a', 'create');
    cluster.change('a', change);
    cluster.see('b');
    cluster.see('b');
    assert.deepEqual(cluster.check.counts, { ok: 1, split: 0, skipped: 0 });
  });
}

test('it is no split when the owner is not configured any more; a draining owner still is the owner', () => {
  const cluster = checkOf('a', 'b');
  cluster.see('a', 'create');
  cluster.change('a', { state: 'draining' });
  cluster.see('b');
  assert.equal(cluster.check.counts.split, 1);
  cluster.remove('a');
  cluster.see('b');
  assert.equal(cluster.check.counts.split, 1);
});

test('a live channel on the node of its session is a pair, and on another a split that moves nothing', () => {
  const { check, see, claim, splits } = checkOf('a', 'b');
  see('a', 'create');
  claim('a');
  assert.deepEqual(check.counts, { ok: 1, split: 0, skipped: 0 });
  claim('b');
  claim('b');
  assert.deepEqual(check.counts, { ok: 1, split: 2, skipped: 0 });
  assert.deepEqual(splits, [{ session: 's', node: 'b', class: 'live', before: { node: 'a', class: 'create' } }]);
  see('a');
  assert.equal(check.counts.ok, 2);
});

test('what cookies say of a session that nobody else has seen, or that has lost its node, is not believed', () => {
  const { check, see, claim, change } = checkOf('a', 'b');
  claim('b');
  see('a');
  assert.deepEqual(check.counts, { ok: 0, split: 0, skipped: 0 });
  change('a', { state: 'down' });
  claim('b');
  change('a', { state: 'up' });
  see('a');
  assert.deepEqual(check.counts, { ok: 1, split: 0, skipped: 0 });
});

test('what was not compared is counted as such', () => {
  const { check } = checkOf('a');
  check.skipped(3);
  assert.deepEqual(check.counts, { ok: 0, split: 0, skipped: 3 });
});

test('whoever is seen: every sighting but the first of a session is compared, and one node alone never splits', () => {
  const nodes = fc.constantFrom('a', 'b', 'c');
  const sightings = fc.array(fc.record({ session: fc.constantFrom('1', '2', '3'), node: nodes }), { maxLength: 100 });
  fc.assert(
    fc.property(sightings, (sample) => {
      const { check, splits } = checkOf('a', 'b', 'c');
      for (const { session, node } of sample) check.note({ session, node, class: 'session', namedBy: 'token' });
      const sessions = new Set(sample.map(({ session }) => session));
      const moved = [...sessions].filter(
        (session) => new Set(sample.filter((one) => one.session === session).map(({ node }) => node)).size > 1,
      );
      assert.equal(check.counts.ok + check.counts.split, sample.length - sessions.size);
      assert.deepEqual(splits.map(({ session }) => session).sort(), moved.sort());
    }),
    { seed: 6, numRuns: 200 },
  );
});
