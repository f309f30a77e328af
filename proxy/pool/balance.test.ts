import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Balancer, makeBalancer } from './balance.ts';
import { LeastRequests } from './least-requests.ts';
import { LeastSessions } from './least-sessions.ts';
import { LoadTable } from './load.ts';
import type { Policy } from './policy.ts';
import { RandomTwo } from './random-two.ts';
import { RoundRobin } from './round-robin.ts';
import { aNode } from './testing/nodes.ts';
import { type NodeSnapshot, takesNewSessions } from './view.ts';

const POLICIES = {
  'least-sessions': () => new LeastSessions(),
  'least-requests': () => new LeastRequests(),
  'random-two': () => new RandomTwo(seeded()),
  'round-robin': () => new RoundRobin(),
} as const;

/** A small generator (mulberry32), so that a distribution is the same in every run. */
function seeded(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How often each node is chosen in `times` selections. */
function tally(policy: Policy, nodes: readonly NodeSnapshot[], times: number, load = new LoadTable()): number[] {
  const counts = nodes.map(() => 0);
  for (let i = 0; i < times; i++) {
    const node = policy.select(nodes, load);
    assert.ok(node);
    counts[node.index] = (counts[node.index] ?? 0) + 1;
  }
  return counts;
}

const anyNodes: fc.Arbitrary<NodeSnapshot[]> = fc
  .array(
    fc.record({
      state: fc.constantFrom('unknown', 'up', 'draining', 'down'),
      weight: fc.integer({ min: 1, max: 256 }),
      sessions: fc.option(fc.nat(20), { nil: undefined }),
      capacity: fc.option(fc.nat(20), { nil: undefined }),
    }),
    { maxLength: 12 },
  )
  .map((abouts) => abouts.map((about, index) => aNode(index, about)));

for (const [name, make] of Object.entries(POLICIES)) {
  describe(`the policy ${name}`, () => {
    it('takes a usable node that is not excluded, and none only when there is none', () => {
      fc.assert(
        fc.property(anyNodes, fc.array(fc.nat(11)), fc.array(fc.nat(11)), (nodes, tried, begun) => {
          const policy = make();
          const load = new LoadTable();
          for (const index of begun) load.begin(index);
          // Excluded are nodes of an older view: other objects of the same name.
          const exclude = tried.map((index) => aNode(index, { state: 'down' }));
          const left = nodes.filter((node) => takesNewSessions(node) && !tried.includes(node.index));
          for (let i = 0; i < 5; i++) {
            const node = policy.select(nodes, load, exclude);
            if (left.length === 0) assert.equal(node, undefined);
            else assert.ok(node !== undefined && left.includes(node));
          }
        }),
      );
    });

    it('gives idle nodes their share by weight', () => {
      const nodes = [1, 2, 3, 4].map((weight, index) => aNode(index, { weight, sessions: 0 }));
      const counts = tally(make(), nodes, 1000);
      counts.forEach((count, index) => {
        const share = (index + 1) * 100;
        assert.ok(Math.abs(count - share) <= (name === 'random-two' ? 50 : 1), `${counts}`);
      });
    });

    it('spreads over 300 nodes', () => {
      const nodes = Array.from({ length: 300 }, (_, index) => aNode(index));
      const counts = tally(make(), nodes, 3000);
      assert.ok(Math.max(...counts) <= (name === 'random-two' ? 30 : 12));
    });

    it('gives each of 300 nodes its share by weight, however they are ordered', () => {
      const weightOf = (index: number): number => (index < 100 ? 1 : index < 200 ? 2 : 4);
      const nodes = Array.from({ length: 300 }, (_, index) => aNode(index, { weight: weightOf(index), sessions: 0 }));
      const shares = tally(make(), nodes, 70_000).map((count, index) => count / weightOf(index));
      const most = name === 'random-two' ? 0.35 : 0.08;
      for (const share of shares) assert.ok(Math.abs(share / 100 - 1) < most, `${share}`);
    });

    it('finds the only one of 300 nodes that was not tried', () => {
      const nodes = Array.from({ length: 300 }, (_, index) => aNode(index));
      for (const left of [0, 150, 299]) {
        assert.equal(make().select(nodes, new LoadTable(), nodes.toSpliced(left, 1))?.index, left);
      }
    });

    it('follows another view, and the end of a slow start', () => {
      const policy = make();
      const load = new LoadTable();
      load.slowStart = 1_000;
      const nodes = [aNode(0, { since: -1_000 }), aNode(1)];
      const early = tally(policy, nodes, 1_100, load)[1] ?? 0;
      assert.ok(early > 50 && early < 150, `${early}`);
      load.now = 1_000;
      const late = tally(policy, nodes, 1_000, load)[1] ?? 0;
      assert.ok(late > 400, `${late}`);
      assert.equal(policy.select([aNode(0, { state: 'down' }), aNode(1)], load)?.index, 1);
    });
  });
}

describe('least-requests', () => {
  it('takes the node with the fewest requests for its weight', () => {
    const nodes = [aNode(0), aNode(1, { weight: 4 }), aNode(2)];
    const load = new LoadTable();
    for (const index of [0, 1, 1, 1, 2]) load.begin(index);
    assert.equal(new LeastRequests().select(nodes, load)?.index, 1);
    load.end(2);
    assert.equal(new LeastRequests().select(nodes, load)?.index, 2);
  });

  it('keeps the requests of busy nodes in proportion to their weights', () => {
    const nodes = [1, 2, 5].map((weight, index) => aNode(index, { weight }));
    const load = new LoadTable();
    const policy = new LeastRequests();
    for (let i = 0; i < 800; i++) load.begin(policy.select(nodes, load)?.index ?? -1);
    assert.deepEqual(
      [0, 1, 2].map((index) => load.active(index)),
      [100, 200, 500],
    );
  });

  it('lets equals take turns', () => {
    const nodes = [aNode(0), aNode(1), aNode(2)];
    const load = new LoadTable();
    load.begin(1);
    assert.deepEqual(tally(new LeastRequests(), nodes, 10, load), [5, 0, 5]);
  });
});

describe('least-sessions', () => {
  it('takes the node with the fewest live sessions for its weight', () => {
    const nodes = [aNode(0, { sessions: 5 }), aNode(1, { sessions: 8, weight: 2 }), aNode(2, { sessions: 5 })];
    assert.equal(new LeastSessions().select(nodes, new LoadTable())?.index, 1);
  });

  it('counts what was assigned since the report', () => {
    const nodes = [aNode(0, { sessions: 5, reportedAt: 1 }), aNode(1, { sessions: 7, reportedAt: 1 })];
    const load = new LoadTable();
    const policy = new LeastSessions();
    const taken = Array.from({ length: 6 }, () => {
      const node = policy.select(nodes, load);
      assert.ok(node);
      load.assign(node);
      return node.index;
    });
    assert.deepEqual(taken.slice(0, 2), [0, 0]);
    assert.deepEqual(taken.slice(2).toSorted(), [0, 0, 1, 1]);
  });

  it('fills an empty node among 300 without sending it everything', () => {
    const nodes = Array.from({ length: 300 }, (_, index) => aNode(index, { sessions: index === 7 ? 0 : 1000 }));
    const load = new LoadTable();
    const policy = new LeastSessions();
    for (let i = 0; i < 3000; i++) load.assign(policy.select(nodes, load) ?? aNode(0));
    const assigned = load.assigned(aNode(7));
    assert.ok(assigned >= 150 && assigned <= 200, `${assigned}`);
  });

  it('breaks ties by requests under way', () => {
    const nodes = [aNode(0, { sessions: 5 }), aNode(1, { sessions: 5 })];
    const load = new LoadTable();
    load.begin(0);
    assert.deepEqual(tally(new LeastSessions(), nodes, 4, load), [0, 4]);
  });

  it('goes by requests under way while a usable node reports no sessions', () => {
    const nodes = [aNode(0, { sessions: 0 }), aNode(1), aNode(2, { sessions: 9 })];
    const load = new LoadTable();
    load.begin(0);
    load.begin(1);
    assert.equal(new LeastSessions().select(nodes, load)?.index, 2);
    const without = [aNode(0, { sessions: 0 }), aNode(1, { state: 'down' }), aNode(2, { sessions: 9 })];
    assert.equal(new LeastSessions().select(without, load)?.index, 0, 'the silent node is not usable');
  });
});

describe('random-two', () => {
  it('takes the less busy of the two', () => {
    const nodes = [aNode(0), aNode(1)];
    const load = new LoadTable();
    load.begin(0);
    assert.deepEqual(tally(new RandomTwo(seeded()), nodes, 50, load), [0, 50]);
  });

  it('never takes the busiest of three', () => {
    const nodes = [aNode(0), aNode(1, { weight: 100 }), aNode(2)];
    const load = new LoadTable();
    for (let i = 0; i < 1000; i++) load.begin(1);
    assert.equal(tally(new RandomTwo(seeded()), nodes, 200, load)[1], 0);
  });

  it('holds at the ends of the random range', () => {
    const nodes = [aNode(0, { weight: 3 }), aNode(1, { weight: 7 })];
    for (const value of [0, 1 - Number.EPSILON / 2]) {
      assert.ok(new RandomTwo(() => value).select(nodes, new LoadTable()));
    }
  });
});

describe('round-robin', () => {
  it('is smooth: weights 5, 1, 1 never give five in a row', () => {
    const nodes = [5, 1, 1].map((weight, index) => aNode(index, { weight }));
    const policy = new RoundRobin();
    const load = new LoadTable();
    const taken = Array.from({ length: 7 }, () => policy.select(nodes, load)?.index);
    assert.deepEqual(taken, [0, 0, 1, 0, 2, 0, 0]);
  });
});

describe('the balancer', () => {
  const nodes = [aNode(0, { sessions: 0 }), aNode(1, { sessions: 9 })];
  const busyFirst = new LoadTable();
  busyFirst.begin(0);
  const taken = (balancer: Balancer, kind: keyof Balancer): number | undefined =>
    balancer[kind].select(nodes, busyFirst)?.index;

  it('counts sessions for creations only: a static file is none', () => {
    const balancer = makeBalancer('least-sessions');
    assert.equal(taken(balancer, 'create'), 0);
    assert.equal(taken(balancer, 'other'), 1);
  });

  it('has one policy for all with the others', () => {
    for (const balance of ['least-requests', 'random-two', 'round-robin'] as const) {
      const balancer = makeBalancer(balance);
      assert.equal(balancer.create, balancer.other);
    }
  });

  it('finds draining and full nodes in the last resort, but none that is down', () => {
    const { lastResort } = makeBalancer('round-robin');
    const load = new LoadTable();
    const left = [aNode(0, { state: 'down' }), aNode(1, { state: 'draining' }), aNode(2, { sessions: 5, capacity: 5 })];
    assert.deepEqual(tally(lastResort, left, 4, load), [0, 2, 2]);
    assert.equal(lastResort.select([aNode(0, { state: 'down' }), aNode(1, { state: 'unknown' })], load), undefined);
  });
});
