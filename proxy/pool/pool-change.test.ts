import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { changeBetween, changed } from './pool-change.ts';
import { aNode } from './testing/nodes.ts';
import type { NodeSnapshot, PoolSnapshot } from './view.ts';

const node = fc
  .record({ index: fc.nat(5), sessions: fc.nat(3) })
  .map(({ index, sessions }) => aNode(index, { sessions }));
const pool = fc.uniqueArray(node, { selector: ({ index }) => index }).map(poolOf);

function poolOf(nodes: readonly NodeSnapshot[], version = 1): PoolSnapshot {
  return { version, nodes };
}

test('a change makes of the pool before the pool after', () => {
  const polled = pool.chain((before) =>
    fc.tuple(
      fc.constant(before),
      fc.array(fc.boolean(), { minLength: before.nodes.length, maxLength: before.nodes.length }),
    ),
  );
  fc.assert(
    fc.property(polled, ([before, which]) => {
      const nodes = before.nodes.map((node, at) => (which[at] === true ? { ...node, sessions: 9 } : node));
      const after = poolOf(nodes, 2);
      const change = changeBetween(before, after);
      assert.ok(change !== undefined);
      assert.equal(change.nodes.length, which.filter(Boolean).length);
      assert.deepEqual(changed(before, change), after);
    }),
  );
});

test('other nodes, or another order, are no change', () => {
  fc.assert(
    fc.property(pool, pool, (before, after) => {
      const same = String(before.nodes.map(({ index }) => index)) === String(after.nodes.map(({ index }) => index));
      assert.equal(changeBetween(before, after) !== undefined, same);
    }),
  );
});

test('of a node that it does not have, a pool is not told', () => {
  const [a, b] = [aNode(0), aNode(1)];
  assert.deepEqual(changed(poolOf([a]), { since: 1, version: 2, nodes: [{ ...b, state: 'down' }] }), poolOf([a], 2));
});
