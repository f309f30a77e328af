/** Whatever the polls say: incidents against the health of the nodes that they are about. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type HealthResult, NodeHealth } from '../pool/health.ts';
import type { Incident } from './incident.ts';
import { Incidents } from './incidents.ts';
import { WorkerStats } from './stats.ts';

const NAMES = ['a', 'b', 'c'];
const GRACE = 2000;
const MOST_INCIDENTS = 100;

type Step =
  | { readonly what: 'poll'; readonly node: number; readonly result: HealthResult }
  | { readonly what: 'suspect'; readonly node: number }
  | { readonly what: 'wait'; readonly ms: number }
  | { readonly what: 'count' };

const result: fc.Arbitrary<HealthResult> = fc.oneof(
  fc.constantFrom<HealthResult>({ kind: 'failed', reason: 'refused' }, { kind: 'failed', reason: 'timeout' }),
  fc.record({
    kind: fc.constant('ok' as const),
    report: fc.record({
      instanceId: fc.constantFrom(undefined, 'i-1', 'i-2'),
      draining: fc.boolean(),
      sessions: fc.option(fc.nat(9), { nil: undefined }),
      capacity: fc.constant(undefined),
    }),
  }),
);
const node = fc.nat(NAMES.length - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constant('poll' as const), node, result }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('suspect' as const), node }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('wait' as const), ms: fc.nat(1500) }) },
  { weight: 1, arbitrary: fc.constant({ what: 'count' as const }) },
);

class TestNode {
  readonly name: string;
  readonly health: NodeHealth;
  /** By its last report. */
  sessions: number | undefined;

  constructor(name: string, now: number) {
    this.name = name;
    this.health = new NodeHealth({ rise: 1, fall: 2 }, now);
  }
}

function check(steps: readonly Step[]): void {
  let now = 1_000_000;
  const stats = new WorkerStats(NAMES);
  const begun = new Map<number, Incident>();
  const ended = new Set<number>();
  const incidents = new Incidents({
    lastStats: () => stats.snapshot(),
    grace: () => GRACE,
    onBegin: (incident) => begun.set(incident.id, incident),
    onEnd: (incident) => {
      assert.ok(!ended.has(incident.id), 'ends once');
      ended.add(incident.id);
    },
    now: () => now,
  });
  const nodes = NAMES.map((name) => new TestNode(name, now));
  const publish = (): void => incidents.pool(nodes.map(({ name, health: { state } }) => ({ name, state })));
  publish();
  let lost = 0;

  for (const each of steps) {
    if (each.what === 'wait') now += each.ms;
    else if (each.what === 'count') incidents.counted(stats.snapshot(), incidents.asking());
    else {
      const subject = nodes[each.node];
      assert.ok(subject);
      if (each.what === 'suspect') incidents.suspected(subject.name);
      else {
        const transition = subject.health.observe(each.result, now);
        incidents.polled(subject.name, each.result, 1);
        if (transition !== undefined) incidents.changed(subject.name, transition, subject.sessions);
        if (each.result.kind === 'ok') subject.sessions = each.result.report.sessions;
        publish();
      }
    }

    const list = incidents.list();
    const { open, sessionsLost } = incidents.totals();
    const lasting = list.filter(({ recoveredAt }) => recoveredAt === undefined);
    for (const { name, health } of nodes) {
      const own = lasting.filter((incident) => incident.node === name);
      assert.equal(own.length, health.state === 'down' ? 1 : 0, 'one while the node is down, none otherwise');
      assert.equal(open.get(name), own.length);
    }
    const allDown = nodes.every(({ health }) => health.state === 'down');
    assert.equal(lasting.filter(({ kind }) => kind === 'all-down').length, allDown ? 1 : 0);

    assert.ok(list.length <= MOST_INCIDENTS);
    assert.deepEqual(
      list.map(({ id }) => id),
      list.map(({ id }) => id).sort((one, other) => other - one),
      'newest first',
    );
    for (const incident of list) {
      const { id, startedAt, recoveredAt, durationMs, sessions, sessionsLost: own, detectionMs } = incident;
      assert.ok((detectionMs ?? 0) >= 0);
      assert.ok(recoveredAt === undefined || recoveredAt >= startedAt);
      assert.equal(durationMs !== undefined, ended.has(id));
      assert.ok(own === 0 || own === sessions);
      const away = (recoveredAt ?? now) - startedAt;
      if (incident.kind === 'ejection' && away >= GRACE) assert.equal(own, sessions ?? 0);
    }
    const sum = [...sessionsLost.values()].reduce((total, count) => total + count, 0);
    assert.ok(sum >= lost, 'what is lost stays lost');
    lost = sum;
  }

  const counts = [...incidents.totals().incidents.values()].flatMap((causes) => Object.values(causes));
  assert.equal(
    counts.reduce((total, count) => total + count, 0),
    begun.size,
  );
}

test('each outage of a node is exactly one incident, whatever its polls say', () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 120 }), check), { seed: 7, numRuns: 150 });
});

test('only the last hundred are kept, those that last before those that ended', () => {
  const failed = (index: number): Step => ({
    what: 'poll',
    node: index,
    result: { kind: 'failed', reason: 'refused' },
  });
  const good = (index: number): Step => ({
    what: 'poll',
    node: index,
    result: {
      kind: 'ok',
      report: { instanceId: undefined, draining: false, sessions: 1, capacity: undefined },
    },
  });
  const flapping = [good(1), failed(1), failed(1), good(1), good(1), { what: 'count' } as const];
  const many = Array.from({ length: 120 }, () => [...flapping, { what: 'wait', ms: 60_001 } as const]).flat();
  check([good(0), failed(0), failed(0), good(1), ...many]);
});
