import assert from 'node:assert/strict';
import test from 'node:test';
import { ordinaryCounts } from './class-histograms.ts';
import { BUCKETS } from './histogram.ts';
import { requestLabels } from './labels.ts';
import { mergeSnapshots, type NodeStats, retired, type StatsSnapshot } from './snapshot.ts';
import { WorkerStats } from './stats.ts';
import { exchange } from './testing/exchange.ts';

function nodeOf({ nodes }: StatsSnapshot, name: string): NodeStats {
  const node = nodes.find((candidate) => candidate.name === name);
  assert.ok(node);
  return node;
}

const observations = ({ duration }: NodeStats): number =>
  Object.values(duration)
    .flatMap(({ counts }) => counts)
    .reduce((sum, count) => sum + count, 0);

test('an exchange counts at its node, by class and status', () => {
  const stats = new WorkerStats(['a', 'b']);
  stats.exchangeEnded(exchange({ class: 'create', status: 200, durationMs: 12 }), 1);
  stats.exchangeEnded(exchange({ class: 'create', status: 200, durationMs: 12 }), 1);
  stats.exchangeEnded(exchange({ class: 'live', status: 503, error: 'session_lost', termination: 'refused' }), -1);
  const snapshot = stats.snapshot();
  const requests = nodeOf(snapshot, 'b').requests.map(([key, count]) => ({ ...requestLabels(key), count }));
  assert.deepEqual(requests, [{ class: 'create', status: '200', count: 2 }]);
  assert.deepEqual(nodeOf(snapshot, 'a').requests, []);
  assert.deepEqual(
    nodeOf(snapshot, '').requests.map(([key]) => requestLabels(key)),
    [{ class: 'live', status: '503' }],
  );
  assert.equal(snapshot.refusals.session_lost, 1);
  assert.equal(snapshot.terminations.completed, 2);
  assert.equal(snapshot.terminations.refused, 1);
  assert.equal(snapshot.decisions.balance.free, 3);
});

test('labels stay bounded whatever status, error or node comes', () => {
  const stats = new WorkerStats(['a']);
  for (const status of [0, 99, 600, 999, 1e9, -1]) {
    stats.exchangeEnded(exchange({ status, error: `made-up-${status}` }), 7);
  }
  stats.exchangeEnded(exchange({ error: 'toString' }), 0);
  const snapshot = stats.snapshot();
  assert.deepEqual(
    nodeOf(snapshot, '').requests.map(([key, count]) => ({ ...requestLabels(key), count })),
    [{ class: 'any', status: 'other', count: 6 }],
  );
  assert.equal(
    Object.values(snapshot.refusals).reduce((sum, count) => sum + count, 0),
    0,
  );
});

test('what did not happen has no time, and a tunnel no duration', () => {
  const stats = new WorkerStats(['a']);
  stats.exchangeEnded(exchange({ connectMs: -1, firstByteMs: -1 }), 0);
  stats.exchangeEnded(exchange({ tunnel: true, connectMs: 3, firstByteMs: 4 }), 0);
  const node = nodeOf(stats.snapshot(), 'a');
  assert.equal(observations(node), 1);
  assert.equal(node.connect.sum, 0.003);
  assert.equal(node.firstByte.any?.sum, 0.004);
});

test('a long poll is timed with its like, and not with what nobody holds back', () => {
  const stats = new WorkerStats(['a']);
  stats.exchangeEnded(exchange({ class: 'create', durationMs: 2, firstByteMs: 1 }), 0);
  stats.exchangeEnded(exchange({ class: 'live', durationMs: 30_000, firstByteMs: 29_000 }), 0);
  const { nodes } = mergeSnapshots(stats.snapshot(), stats.snapshot());
  const { duration, firstByte } = nodes[0] ?? {};
  assert.deepEqual(Object.keys(duration ?? {}), ['create', 'live']);
  assert.deepEqual([duration?.create?.sum, duration?.live?.sum], [0.004, 60]);
  assert.equal(
    ordinaryCounts(firstByte ?? {}).reduce((sum, count) => sum + count, 0),
    2,
  );
});

test('a value on a bound is inside its bucket, one above the last bound in the rest', () => {
  const stats = new WorkerStats(['a']);
  stats.exchangeEnded(exchange({ durationMs: BUCKETS[0] * 1000 }), 0);
  stats.exchangeEnded(exchange({ durationMs: 3_600_000 }), 0);
  const { counts = [] } = nodeOf(stats.snapshot(), 'a').duration.any ?? {};
  assert.equal(counts[0], 1);
  assert.equal(counts[BUCKETS.length], 1);
});

test('a snapshot survives the channel between processes and does not change afterwards', () => {
  const stats = new WorkerStats(['a']);
  stats.exchangeEnded(exchange(), 0);
  const snapshot = stats.snapshot();
  assert.deepEqual(JSON.parse(JSON.stringify(snapshot)), snapshot);
  stats.exchangeEnded(exchange(), 0);
  stats.retried(0, 'stale');
  stats.lookUp('found');
  assert.equal(observations(nodeOf(snapshot, 'a')), 1);
  assert.equal(nodeOf(snapshot, 'a').retries.stale, 0);
  assert.equal(snapshot.lookUps.found, 0);
});

test('two workers add up, and neither snapshot changes', () => {
  const one = new WorkerStats(['a', 'b']);
  const other = new WorkerStats(['a', 'b']);
  one.exchangeEnded(exchange({ status: 200, conflict: true }), 0);
  other.exchangeEnded(exchange({ status: 200 }), 0);
  other.exchangeEnded(exchange({ status: 404, bytesIn: 5, bytesOut: 7 }), 1);
  one.clientConnections = 2;
  other.clientConnections = 3;
  one.tunnels[1] = 1;
  other.tunnels[1] = 4;
  one.retried(0, 'connect');
  const left = one.snapshot();
  const sum = mergeSnapshots(left, other.snapshot());
  assert.equal(nodeOf(sum, 'a').requests[0]?.[1], 2);
  assert.equal(observations(nodeOf(sum, 'a')), 2);
  assert.equal(nodeOf(sum, 'b').tunnels, 5);
  assert.equal(nodeOf(sum, 'a').retries.connect, 1);
  assert.equal(sum.clientConnections, 5);
  assert.equal(sum.conflicts, 1);
  assert.equal(sum.bytesIn, 205);
  assert.equal(sum.bytesOut, 2007);
  assert.deepEqual(left, one.snapshot());
});

test('a worker of an older program counts less', () => {
  const stats = new WorkerStats(['a']);
  stats.handshakeDone(true);
  const { handshakes, handshakeFailures, ...older } = stats.snapshot();
  const sum = mergeSnapshots(stats.snapshot(), older as StatsSnapshot);
  assert.deepEqual([sum.handshakes, sum.handshakeFailures], [handshakes, handshakeFailures]);
});

test('a worker that is gone leaves its counters and nothing open', () => {
  const stats = new WorkerStats(['a']);
  stats.exchangeEnded(exchange(), 0);
  stats.clientConnections = 4;
  stats.inFlight = 3;
  stats.nodeConnections[0] = 2;
  stats.tunnels[0] = 1;
  const left = retired(stats.snapshot());
  assert.deepEqual([left.clientConnections, left.inFlight], [0, 0]);
  assert.deepEqual([nodeOf(left, 'a').connections, nodeOf(left, 'a').tunnels], [0, 0]);
  assert.equal(observations(nodeOf(left, 'a')), 1);
});

test('a node may bear any name that the configuration allows', () => {
  const one = new WorkerStats(['__proto__', 'constructor']);
  one.exchangeEnded(exchange(), 0);
  const sum = mergeSnapshots(one.snapshot(), one.snapshot());
  assert.equal(nodeOf(sum, '__proto__').requests[0]?.[1], 2);
  assert.deepEqual(nodeOf(sum, 'constructor').requests, []);
});

test('the pieces of a large snapshot are together the whole of it', () => {
  const names = Array.from({ length: 300 }, (_, index) => `node-${index}`);
  const stats = new WorkerStats(names);
  for (const index of names.keys()) {
    for (let status = 200; status < 220; status++) stats.exchangeEnded(exchange({ status }), index);
  }
  const pieces = [...stats.pieces()];
  const last = pieces.at(-1);
  assert.ok(pieces.length > 5 && last?.common);
  assert.ok(pieces.slice(0, -1).every(({ nodes, common }) => nodes.length < 100 && common === undefined));
  assert.deepEqual({ ...last.common, nodes: pieces.flatMap(({ nodes }) => nodes) }, stats.snapshot());
});
