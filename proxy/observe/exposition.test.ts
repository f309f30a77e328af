import assert from 'node:assert/strict';
import perfHooks from 'node:perf_hooks';
import test from 'node:test';
import { aNode } from '../pool/testing/nodes.ts';
import { Exposition } from './exposition.ts';
import { BUCKETS } from './histogram.ts';
import { ADMIN_REFUSALS, zeroes } from './labels.ts';
import { METRICS } from './metric-table.ts';
import { METRIC_PREFIX, type Observed } from './metrics.ts';
import { PoolCounters } from './pool-counters.ts';
import { WorkerStats } from './stats.ts';
import { exchange } from './testing/exchange.ts';
import { type Family, parseExposition, parseOpenMetrics } from './testing/parse-exposition.ts';

const exposition = new Exposition();

function observed(stats: WorkerStats): Observed {
  const counters = new PoolCounters(['a', 'b']);
  counters.polled('a', { kind: 'failed', reason: 'timeout' });
  counters.changed('b', { from: 'up', to: 'down' });
  counters.changed('b', { from: 'down', to: 'down' });
  return {
    version: '1.2.3',
    stats: stats.snapshot(),
    pool: {
      version: 1,
      nodes: [aNode(0, { name: 'a', sessions: 17 }), aNode(1, { name: 'b', state: 'down', operator: 'maintenance' })],
    },
    polls: counters.polls,
    stateChanges: counters.stateChanges,
    incidents: {
      incidents: new Map([['a', { refused: 2 }]]),
      open: new Map([['a', 1]]),
      sessionsLost: new Map([['a', 17]]),
    },
    pairs: { ok: 5, split: 1, skipped: 0 },
    reloads: { counts: { applied: 3, unchanged: 0, invalid: 1, failed: 0 }, lastSucceeded: false },
    adminRefusals: { ...zeroes(ADMIN_REFUSALS), invalid_token: 2 },
    certificates: [{ listener: '0.0.0.0:443', index: 0, name: 'a.example', expiresAt: 1_900_000_000_500 }],
    sources: [
      {
        source: 'SRV a.example',
        nodes: 2,
        succeededAt: 1_900_000_000_500,
        failing: 'no answer',
        counts: { ok: 3, empty: 0, timeout: 1, unreachable: 0, refused: 0, 'too-many': 0 },
      },
    ],
    workers: { listening: 2, restarts: 1, cpuSeconds: 1.5, residentBytes: 4096 },
  };
}

async function scrape(stats: WorkerStats): Promise<ReadonlyMap<string, Family>> {
  return parseExposition(await exposition.render(observed(stats), 'text'));
}

function value(families: ReadonlyMap<string, Family>, name: string, labels: Record<string, string> = {}): number {
  const family = families.get(METRIC_PREFIX + name);
  assert.ok(family, name);
  const wanted = JSON.stringify(labels);
  const sample = family.samples.find((candidate) => JSON.stringify(candidate.labels) === wanted);
  assert.ok(sample, `${name} ${wanted}`);
  return sample.value;
}

test('every declared metric is exposed with its type, only its labels, and only the values that these may have', async () => {
  const stats = new WorkerStats(['a', 'b']);
  stats.exchangeEnded(exchange(), 0);
  const families = await scrape(stats);
  for (const { name, type, labels } of METRICS) {
    const family = families.get(METRIC_PREFIX + name);
    assert.ok(family, name);
    assert.equal(family.type, type);
    assert.ok(family.samples.length > 0, `${name} has samples`);
    for (const sample of family.samples) {
      const names = Object.keys(sample.labels).filter((label) => label !== 'le');
      assert.deepEqual(names, Object.keys(labels), name);
      for (const [label, values] of Object.entries(labels)) {
        const value = sample.labels[label] ?? '';
        assert.ok(typeof values === 'string' || values.includes(value), `${name} ${label} ${value}`);
      }
    }
  }
});

test('counters end in _total, and nothing else does', () => {
  for (const { name, type } of METRICS) assert.equal(name.endsWith('_total'), type === 'counter', name);
});

test('values arrive where they belong', async () => {
  const stats = new WorkerStats(['a', 'b']);
  stats.exchangeEnded(exchange({ class: 'create', status: 201 }), 0);
  stats.retried(1, 'connect');
  stats.lookUp('limited');
  stats.tunnels[0] = 3;
  const families = await scrape(stats);
  assert.equal(value(families, 'requests_total', { node: 'a', class: 'create', status: '201' }), 1);
  assert.equal(value(families, 'affinity_decisions_total', { by: 'balance', verdict: 'free' }), 1);
  assert.equal(value(families, 'terminations_total', { cause: 'completed' }), 1);
  assert.equal(value(families, 'retries_total', { node: 'b', reason: 'connect' }), 1);
  assert.equal(value(families, 'lookups_total', { outcome: 'limited' }), 1);
  assert.equal(value(families, 'tunnels', { node: 'a' }), 3);
  assert.equal(value(families, 'node_state', { node: 'b', state: 'down' }), 1);
  assert.equal(value(families, 'node_state', { node: 'b', state: 'up' }), 0);
  assert.equal(value(families, 'node_state_changes_total', { node: 'b', to: 'down' }), 1);
  assert.equal(value(families, 'node_operator_state', { node: 'b', state: 'maintenance' }), 1);
  assert.equal(value(families, 'node_operator_state', { node: 'b', state: 'ready' }), 0);
  assert.equal(value(families, 'node_sessions', { node: 'a' }), 17);
  assert.equal(value(families, 'health_polls_total', { node: 'a', result: 'timeout' }), 1);
  assert.equal(value(families, 'admin_refusals_total', { code: 'invalid_token' }), 2);
  assert.equal(value(families, 'discovery_nodes', { source: 'SRV a.example' }), 2);
  assert.equal(value(families, 'discovery_failing', { source: 'SRV a.example' }), 1);
  assert.equal(value(families, 'discovery_lookups_total', { source: 'SRV a.example', result: 'timeout' }), 1);
  assert.equal(value(families, 'workers'), 2);
  assert.equal(value(families, 'worker_cpu_seconds_total'), 1.5);
  assert.equal(value(families, 'build_info', { version: '1.2.3' }), 1);
});

test('requests that can be foreseen are there from the start, at 0: the first error is an increase', async () => {
  const families = await scrape(new WorkerStats(['a', 'b']));
  assert.equal(value(families, 'requests_total', { node: 'b', class: 'create', status: '200' }), 0);
  assert.equal(value(families, 'requests_total', { node: 'a', class: 'live', status: '502' }), 0);
  assert.equal(value(families, 'requests_total', { node: '', class: 'live', status: '503' }), 0);
});

test('histograms are cumulative and agree with their count and sum', async () => {
  const stats = new WorkerStats(['a', 'b']);
  for (const durationMs of [0.5, 3, 700, 400_000]) stats.exchangeEnded(exchange({ durationMs }), 0);
  const samples = (await scrape(stats)).get(`${METRIC_PREFIX}request_duration_seconds`)?.samples ?? [];
  const ofNode = samples.filter(({ labels }) => labels.node === 'a');
  const buckets = ofNode.filter(({ name }) => name.endsWith('_bucket'));
  assert.deepEqual(
    buckets.map(({ labels }) => labels.le),
    [...BUCKETS.map((bound) => (bound < 1 || bound === 2.5 ? String(bound) : `${bound}.0`)), '+Inf'],
  );
  buckets.reduce((below, bucket) => {
    assert.ok(bucket.value >= below.value);
    return bucket;
  });
  assert.equal(buckets.at(-1)?.value, 4);
  assert.equal(ofNode.find(({ name }) => name.endsWith('_count'))?.value, 4);
  assert.equal(ofNode.find(({ name }) => name.endsWith('_sum'))?.value, 400.7035);
});

test('random methods, targets, tokens and statuses do not add a single series', async () => {
  const stats = new WorkerStats(['a', 'b']);
  stats.exchangeEnded(exchange({ status: 0 }), 0);
  const series = async (): Promise<number> => {
    let count = 0;
    for (const [name, { samples }] of await scrape(stats)) if (!name.includes('nodejs')) count += samples.length;
    return count;
  };
  const before = await series();
  for (let i = 0; i < 1000; i++) {
    const differences = { method: `M${i}`, target: `/${i}`, token: `${i}`, status: 1000 + i, error: `e${i}` };
    stats.exchangeEnded(exchange({ ...differences, requestId: `r${i}`, clientAddress: `10.0.0.${i}` }), 0);
  }
  assert.equal(await series(), before);
});

test('OpenMetrics has the same values, and of a bucket the last trace that was recorded', async () => {
  const stats = new WorkerStats(['a', 'b']);
  const traced = (traceId: string, recorded = true) => ({ trace: { traceId, spanId: '00f067aa0ba902b7', recorded } });
  const [first, second, third] = ['1', '2', '3'].map((digit) => digit.repeat(32));
  stats.exchangeEnded(exchange({ durationMs: 3, ...traced(first ?? '') }), 0);
  stats.exchangeEnded(exchange({ durationMs: 4, ...traced(second ?? '') }), 0);
  stats.exchangeEnded(exchange({ durationMs: 4, ...traced(third ?? '', false) }), 0);
  stats.exchangeEnded(exchange({ durationMs: 4 }), 0);
  const before = Date.now() / 1000;
  const open = parseOpenMetrics(await exposition.render(observed(stats), 'openmetrics'));
  const text = await scrape(stats);
  assert.deepEqual(
    [...open].map(([family, { type }]) => (type === 'counter' ? `${family}_total` : family)),
    [...text.keys()],
  );
  const samples = open.get(`${METRIC_PREFIX}request_duration_seconds`)?.samples ?? [];
  const exemplars = samples.flatMap(({ labels, exemplar }) => (exemplar ? [{ le: labels.le, ...exemplar }] : []));
  assert.deepEqual(
    exemplars.map(({ at, ...rest }) => rest),
    [{ le: '0.005', labels: { trace_id: second }, value: 0.004 }],
  );
  assert.ok(
    exemplars.every(({ at }) => at >= before - 1),
    'seconds',
  );
  assert.doesNotMatch(await exposition.render(observed(stats), 'text'), /trace_id/);
});

test('nothing runs between scrapes', (t) => {
  const timers = ['setTimeout', 'setInterval'] as const;
  const spies = timers.map((name) => t.mock.method(globalThis, name));
  const sampler = t.mock.method(perfHooks, 'monitorEventLoopDelay');
  new Exposition();
  const resolutions = sampler.mock.calls.map(({ arguments: [options] }) => options?.resolution);
  // The timer that cannot be left out has a day.
  assert.deepEqual(resolutions, [86_400_000]);
  for (const { mock } of spies) assert.equal(mock.callCount(), 0);
});

test('the lag of the event loop is told as it is at the scrape', async () => {
  const lags = [...(await scrape(new WorkerStats([]))).keys()].filter((name) => name.includes('eventloop'));
  assert.deepEqual(lags, [`${METRIC_PREFIX}nodejs_eventloop_lag_seconds`]);
});
