import assert from 'node:assert/strict';
import test from 'node:test';
import type { ExchangeRecord } from './record.ts';
import { timelineOf, type WorkerTrail } from './session-timeline.ts';
import { SessionTrails } from './session-trail.ts';
import { exchange } from './testing/exchange.ts';

function trailOf(pid: number, ...records: readonly Partial<ExchangeRecord>[]): WorkerTrail {
  const trails = new SessionTrails();
  for (const record of records) {
    trails.note('s', exchange(record), record.class === 'live' ? 'cookie' : 'token');
  }
  const trail = trails.of('s');
  assert.ok(trail);
  return { pid, ...trail };
}

test('what several workers remember is one story in the order of time', () => {
  const timeline = timelineOf([
    trailOf(1, { startedAt: 10, class: 'create', created: '1' }, { startedAt: 30, class: 'session' }),
    trailOf(2, { startedAt: 20, class: 'session' }),
  ]);
  assert.deepEqual(
    timeline?.events.map(({ pid, at }) => [pid, at]),
    [
      [1, 10],
      [2, 20],
      [1, 30],
    ],
  );
  assert.deepEqual(timeline?.owner, { node: 'a', knownBy: 'create', since: 10 });
  assert.equal(timeline?.forgotten, 0);
});

test('nobody remembers, nothing is told', () => {
  assert.equal(timelineOf([]), undefined);
});

for (const [knownBy, record] of [
  ['create', { class: 'create', created: '1' }],
  ['look-up', { class: 'session', by: 'session', verdict: 'bound' }],
  ['server-url', { class: 'session', by: 'server-url', verdict: 'bound' }],
  ['user', { class: 'user', by: 'user', verdict: 'bound' }],
  ['user', { class: 'user', by: 'balance', verdict: 'free' }],
  ['cookie', { class: 'live', by: 'cookie', verdict: 'bound' }],
  ['cookie', { class: 'live', by: 'cookie', verdict: 'bound', status: 101, tunnel: true }],
] as const) {
  test(`the owner is known by ${knownBy} after ${record.class} ${'by' in record ? `by ${record.by}` : ''}`, () => {
    assert.equal(timelineOf([trailOf(1, record)])?.owner?.knownBy, knownBy);
  });
}

for (const [what, record] of [
  ['a node that a cookie led to', { class: 'session', by: 'cookie', verdict: 'bound' }],
  ['a node in the place of another', { class: 'session', by: 'session', verdict: 'unreachable' }],
  ['a live request that was not led by a cookie', { class: 'live', by: 'balance', verdict: 'free' }],
  ['a live request whose session is lost', { class: 'live', by: 'cookie', verdict: 'lost', status: 503 }],
  ['an error', { class: 'session', by: 'session', verdict: 'bound', status: 502 }],
] as const) {
  test(`${what} proves no owner`, () => {
    assert.equal(timelineOf([trailOf(1, record)])?.owner, undefined);
  });
}

test('the surest source wins, whichever came first', () => {
  const timeline = timelineOf([
    trailOf(1, { startedAt: 5, class: 'session', node: 'b', by: 'session', verdict: 'bound' }),
    trailOf(2, { startedAt: 9, class: 'create', node: 'a', created: '1' }),
  ]);
  assert.deepEqual(timeline?.owner, { node: 'a', knownBy: 'create', since: 9 });
});
