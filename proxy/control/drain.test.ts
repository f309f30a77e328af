import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { aNode } from '../pool/testing/nodes.ts';
import { type DrainFacts, isOverdue, progressOf } from './drain.ts';

const SINCE = 10_000;

function facts(differences: Partial<DrainFacts>, node: Partial<DrainFacts['node']> = {}): DrainFacts {
  return {
    held: { state: 'draining', since: SINCE },
    node: aNode(0, { state: 'draining', since: SINCE, ...node }),
    connections: 0,
    reconnectGrace: 15_000,
    now: SINCE + 60_000,
    ...differences,
  };
}

for (const { what, given, remaining, drained } of [
  {
    what: 'sessions by a report from before the drain',
    given: facts({}, { sessions: 0, reportedAt: SINCE }),
    remaining: 0,
    drained: false,
  },
  { what: 'live sessions', given: facts({}, { sessions: 3, reportedAt: SINCE + 1 }), remaining: 3, drained: false },
  {
    what: 'no session, though connections are open',
    given: facts({ connections: 9 }, { sessions: 0, reportedAt: SINCE + 1 }),
    remaining: 0,
    drained: true,
  },
  { what: 'no report, and connections', given: facts({ connections: 2 }), remaining: 2, drained: false },
  { what: 'no report, and no connection', given: facts({}), remaining: 0, drained: true },
  {
    what: 'a node that is away for a moment',
    given: facts({}, { state: 'down', since: SINCE + 50_000, sessions: 3, reportedAt: SINCE + 1 }),
    remaining: 3,
    drained: false,
  },
  {
    what: 'a node that is gone, and its sessions with it',
    given: facts({}, { state: 'down', since: SINCE + 45_000, sessions: 3, reportedAt: SINCE + 1 }),
    remaining: 0,
    drained: true,
  },
  {
    what: 'a node in maintenance, which is down by definition',
    given: facts(
      { held: { state: 'maintenance', since: SINCE } },
      { state: 'down', since: SINCE, sessions: 3, reportedAt: SINCE + 1 },
    ),
    remaining: 3,
    drained: false,
  },
]) {
  test(`${what}: ${drained ? 'drained' : `${remaining} left, not drained`}`, () => {
    assert.deepEqual(progressOf(given), { remaining, drained });
  });
}

test('a drain is overdue from its deadline on, unless nothing is left', () => {
  const endless = { state: 'draining', since: 0, remaining: 1, drained: false } as const;
  const held = { ...endless, deadline: 1000 };
  assert.equal(isOverdue(held, 999), false);
  assert.equal(isOverdue(held, 1000), true);
  assert.equal(isOverdue({ ...held, remaining: 0, drained: true }, 1000), false);
  assert.equal(isOverdue(endless, 1e9), false);
});

test('whatever the facts, what is drained has nothing left', () => {
  const node = fc.record({
    state: fc.constantFrom('unknown', 'up', 'draining', 'down'),
    since: fc.nat(100),
    sessions: fc.option(fc.nat(3), { nil: undefined }),
    reportedAt: fc.nat(100),
  });
  const held = fc.record({ state: fc.constantFrom('draining', 'maintenance'), since: fc.nat(100) });
  const all = fc.record({ held, node, connections: fc.nat(3), reconnectGrace: fc.nat(50), now: fc.nat(200) });
  fc.assert(
    fc.property(all, (given) => {
      const { remaining, drained } = progressOf(given as DrainFacts);
      assert.ok(!drained || remaining === 0);
    }),
  );
});
