import assert from 'node:assert/strict';
import test from 'node:test';
import type { HealthResult, Transition } from '../pool/health.ts';
import type { EjectionCause, NodeState } from '../pool/view.ts';
import type { Incident } from './incident.ts';
import { Incidents } from './incidents.ts';
import { WorkerStats } from './stats.ts';
import { exchange } from './testing/exchange.ts';

const GRACE = 15_000;
const REFUSED: HealthResult = { kind: 'failed', reason: 'refused' };
const OK: HealthResult = {
  kind: 'ok',
  report: { instanceId: undefined, draining: false, sessions: undefined, capacity: undefined },
};

/** Nodes `a` and `b` in the hands of the test, which also moves the clock. */
function report() {
  const stats = new WorkerStats(['a', 'b']);
  const begun: Incident[] = [];
  const ended: Incident[] = [];
  const clock = { now: 1_000_000 };
  const incidents = new Incidents({
    lastStats: () => stats.snapshot(),
    grace: () => GRACE,
    onBegin: (incident) => begun.push(incident),
    onEnd: (incident) => ended.push(incident),
    now: () => clock.now,
  });
  const states: Record<string, NodeState> = { a: 'up', b: 'up' };
  const ejected: Record<string, EjectionCause | undefined> = {};
  const pool = (): void => {
    incidents.pool(Object.entries(states).map(([name, state]) => ({ name, state, ejected: ejected[name] })));
  };
  pool();
  return {
    stats,
    begun,
    ended,
    clock,
    incidents,
    pool,
    states,
    only(): Incident {
      const [incident, ...more] = incidents.list();
      assert.ok(incident);
      assert.deepEqual(more, []);
      return incident;
    },
    change(node: string, to: NodeState, reason: Transition['reason'], sessions?: number): void {
      const from = states[node] ?? 'unknown';
      states[node] = to;
      ejected[node] = reason === 'errors' ? reason : undefined;
      incidents.changed(node, { from, to, reason, at: clock.now, sinceMs: 0 }, sessions);
      pool();
    },
    counted: () => incidents.counted(stats.snapshot(), incidents.asking()),
  };
}

test('an ejection is one incident from the first evidence to the recovery, with what it cost', () => {
  const { stats, begun, ended, clock, incidents, only, change, counted } = report();
  stats.exchangeEnded(exchange({ node: 'a', status: 500 }), 0);
  incidents.suspected('a');
  clock.now += 30;
  stats.exchangeEnded(exchange({ node: 'a', termination: 'node-reset', status: 502, error: 'node_failed' }), 0);
  stats.retried(0, 'connect');
  stats.retried(0, 'not-owner');
  incidents.polled('a', REFUSED, 5);
  clock.now += 70;
  incidents.polled('a', REFUSED, 5);
  change('a', 'down', 'refused', 17);
  assert.equal(begun.length, 1);
  assert.equal(only().detectionMs, 100);

  clock.now += 900;
  stats.exchangeEnded(exchange({ node: 'a', status: 503, error: 'node_unreachable', verdict: 'unreachable' }), -1);
  stats.exchangeEnded(exchange({ node: 'a', status: 101, tunnel: true, termination: 'tunnel-closed' }), 0);
  stats.exchangeEnded(exchange({ node: 'b', status: 500 }), 1);
  counted();
  assert.equal(only().requestsFailed, 2, 'as far as it is known');
  assert.equal(only().durationMs, undefined);

  clock.now += 100;
  change('a', 'up', 'admitted');
  assert.deepEqual(ended, [], 'until all is counted');
  stats.exchangeEnded(exchange({ node: 'a', status: 504, error: 'node_timeout', termination: 'node-timeout' }), 0);
  counted();
  counted();
  assert.equal(ended.length, 1);
  assert.deepEqual(ended[0], {
    id: 1,
    kind: 'ejection',
    node: 'a',
    cause: 'refused',
    startedAt: 1_000_100,
    detectionMs: 100,
    recoveredAt: 1_001_100,
    durationMs: 1000,
    sessions: 17,
    sessionsLost: 0,
    requestsFailed: 3,
    requestsRetried: 1,
    tunnelsClosed: 1,
  });
  assert.deepEqual(only(), ended[0]);
});

test('what the workers were asked before the recovery does not end an incident', () => {
  const { stats, ended, incidents, change, counted } = report();
  change('a', 'down', 'refused');
  const asked = incidents.asking();
  const early = stats.snapshot();
  stats.exchangeEnded(exchange({ node: 'a', status: 503, error: 'node_unreachable' }), 0);
  change('a', 'up', 'admitted');
  incidents.counted(early, asked);
  assert.deepEqual(ended, []);
  assert.equal(incidents.isAnyOver, true);
  counted();
  assert.deepEqual(
    ended.map(({ requestsFailed }) => requestsFailed),
    [1],
  );
});

test('evidence that a good poll refutes is none', () => {
  const { clock, incidents, only, change } = report();
  incidents.suspected('a');
  clock.now += 1000;
  incidents.polled('a', OK, 5);
  clock.now += 1000;
  incidents.polled('a', { kind: 'failed', reason: 'timeout' }, 500);
  change('a', 'down', 'timeout');
  assert.equal(only().detectionMs, 500, 'from the beginning of the poll that failed');
});

test('sessions are lost when the grace is over, and counted once', () => {
  const { clock, incidents, only, change } = report();
  change('a', 'down', 'timeout', 5);
  clock.now += GRACE - 1;
  assert.equal(only().sessionsLost, 0);
  clock.now += 1;
  assert.equal(only().sessionsLost, 5);
  change('a', 'down', 'restarted');
  change('a', 'up', 'admitted');
  assert.equal(only().sessionsLost, 5);
  assert.equal(incidents.totals().sessionsLost.get('a'), 5);
});

test('a node that comes back in time after the grace has run out unseen has lost them as well', () => {
  const { clock, only, change } = report();
  change('a', 'down', 'timeout', 5);
  clock.now += GRACE;
  change('a', 'up', 'admitted');
  assert.equal(only().sessionsLost, 5);
});

test('a node that comes back as another instance has lost its sessions', () => {
  const { only, change } = report();
  change('a', 'down', 'refused', 5);
  change('a', 'down', 'restarted');
  change('a', 'up', 'admitted');
  assert.equal(only().sessionsLost, 5);
  assert.equal(only().kind, 'ejection');
});

test('a restart that nobody missed is an incident of its own, over at once', () => {
  const { ended, incidents, only, change, counted } = report();
  change('a', 'up', 'restarted', 3);
  counted();
  assert.equal(ended.length, 1);
  const { kind, cause, durationMs, sessionsLost, detectionMs } = only();
  assert.deepEqual([kind, cause, durationMs, sessionsLost, detectionMs], ['restart', 'restarted', 0, 3, undefined]);
  assert.equal(incidents.totals().open.get('a'), 0);
});

test('no node left is an incident besides those of the nodes; what nobody took part in counts there', () => {
  const { stats, ended, clock, incidents, change, counted } = report();
  change('a', 'down', 'refused');
  change('b', 'down', 'refused');
  assert.deepEqual(
    incidents.list().map(({ kind }) => kind),
    ['all-down', 'ejection', 'ejection'],
  );
  stats.exchangeEnded(exchange({ node: '', status: 503, error: 'no_node_available' }), -1);
  stats.exchangeEnded(exchange({ node: 'a', status: 503, error: 'session_lost' }), -1);
  clock.now += 50;
  change('b', 'up', 'admitted');
  counted();
  assert.deepEqual(
    ended.map(({ kind, node, requestsFailed, durationMs }) => ({ kind, node, requestsFailed, durationMs })),
    [
      { kind: 'ejection', node: 'b', requestsFailed: 0, durationMs: 50 },
      { kind: 'all-down', node: '', requestsFailed: 2, durationMs: 50 },
    ],
  );
  assert.deepEqual(
    [...incidents.totals().open],
    [
      ['', 0],
      ['a', 1],
      ['b', 0],
    ],
  );
});

test('a worker that dies costs what it had open, until all workers are there again', () => {
  const { stats, ended, clock, incidents, only } = report();
  stats.inFlight = 7;
  stats.tunnels[0] = 3;
  stats.tunnels[1] = 1;
  incidents.workerDied(stats.snapshot());
  clock.now += 400;
  incidents.workersWhole();
  incidents.workersWhole();
  assert.equal(ended.length, 1);
  const { kind, cause, durationMs, requestsFailed, tunnelsClosed } = only();
  assert.deepEqual([kind, cause, durationMs, requestsFailed, tunnelsClosed], ['worker', 'worker-death', 400, 3, 4]);
});

test('maintenance is no incident, and neither is the end of it', () => {
  const { incidents, change } = report();
  change('a', 'down', 'operator-maintenance', 3);
  change('a', 'up', 'restarted', 3);
  assert.deepEqual(incidents.list(), []);
});

test('the incident of a node that is taken out of the pool ends', () => {
  const { states, pool, only, change, counted } = report();
  change('a', 'down', 'refused');
  delete states.a;
  pool();
  counted();
  assert.equal(only().durationMs, 0);
});

test('totals have a value for each node in the pool and each cause from the start', () => {
  const { incidents } = report();
  const { incidents: counts, open, sessionsLost } = incidents.totals();
  assert.deepEqual([...counts.keys()], ['', 'a', 'b']);
  assert.equal(counts.get('a')?.refused, 0);
  assert.equal(counts.get('a')?.restarted, 0);
  assert.equal(counts.get('')?.['worker-death'], 0);
  assert.deepEqual([...open.keys()], ['', 'a', 'b']);
  assert.deepEqual(
    [...sessionsLost],
    [
      ['a', 0],
      ['b', 0],
    ],
  );
});

test('a node that errs is an incident until it is on trial, and loses no sessions by it, however long it lasts', () => {
  const { clock, incidents, only, change, counted } = report();
  incidents.suspected('a', 800);
  change('a', 'draining', 'errors', 17);
  assert.deepEqual([only().kind, only().cause, only().detectionMs], ['ejection', 'errors', 800]);
  clock.now += 10 * GRACE;
  assert.equal(only().sessionsLost, 0);
  change('a', 'up', 'trial');
  counted();
  assert.deepEqual([only().durationMs, only().sessionsLost], [10 * GRACE, 0]);
  assert.equal(incidents.totals().incidents.get('a')?.errors, 1);
});

test('a node that errs and then dies is two incidents, one after the other', () => {
  const { clock, incidents, change, counted } = report();
  change('a', 'draining', 'errors', 17);
  clock.now += 1000;
  change('a', 'down', 'refused', 17);
  counted();
  assert.deepEqual(
    incidents.list().map(({ cause, durationMs }) => [cause, durationMs]),
    [
      ['refused', undefined],
      ['errors', 1000],
    ],
  );
});

test('an operator who takes a node that errs into his hands ends its incident', () => {
  const { states, incidents, only, change, counted } = report();
  change('a', 'draining', 'errors', 17);
  incidents.pool(Object.entries(states).map(([name, state]) => ({ name, state })));
  counted();
  assert.equal(only().durationMs, 0);
});
