import assert from 'node:assert/strict';
import test from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { MOST_EVENTS, SessionTrails } from './session-trail.ts';
import { exchange } from './testing/exchange.ts';

const ids = (trails: SessionTrails, alias: string): readonly string[] =>
  (trails.of(alias)?.events ?? []).map(({ requestId }) => requestId);

test('an event tells who decided, where it went and how it ended, and nothing of the token', () => {
  const trails = new SessionTrails();
  const record = exchange({
    class: 'session',
    token: '123456789',
    target: '/cobrowse/rest/live/sessions/123456789?x=123456789',
    by: 'session',
    verdict: 'bound',
    attempts: 2,
    conflict: true,
    termination: 'node-reset',
    error: 'node_failed',
    status: 502,
  });
  trails.note('alias', record);
  assert.deepEqual(trails.of('alias'), {
    events: [
      {
        at: record.startedAt,
        durationMs: record.durationMs,
        exchanges: 1,
        namedBy: 'token',
        requestId: 'r-1',
        class: 'session',
        created: false,
        node: 'a',
        by: 'session',
        verdict: 'bound',
        conflict: true,
        attempts: 2,
        status: 502,
        tunnel: false,
        termination: 'node-reset',
        error: 'node_failed',
      },
    ],
    forgotten: 0,
  });
  assert.doesNotMatch(JSON.stringify(trails.of('alias')), /123456789/);
});

test('tokens that clients make up are not remembered, and push out none that exist', () => {
  const trails = new SessionTrails(2);
  trails.note('real', exchange({ class: 'create', created: '1' }));
  for (let i = 0; i < 10; i++) trails.note(`made-up-${i}`, exchange({ class: 'session', status: 404 }));
  trails.note('refused', exchange({ class: 'session', status: 503, node: '', error: 'no_node_available' }));
  assert.equal(trails.of('made-up-9'), undefined);
  assert.equal(trails.of('refused'), undefined);
  assert.deepEqual(ids(trails, 'real'), ['r-1']);
});

test('what is known to exist is remembered also when it is refused', () => {
  const trails = new SessionTrails();
  trails.note('s', exchange({ class: 'user', by: 'user', verdict: 'lost', status: 503, error: 'session_lost' }));
  assert.equal(trails.of('s')?.events[0]?.error, 'session_lost');
  trails.note('s', exchange({ class: 'session', status: 404 }));
  assert.equal(trails.of('s')?.events.length, 2);
});

test('exchanges of the live channel that are alike are one event, and anything else ends the run', () => {
  const trails = new SessionTrails();
  const live = (startedAt: number, differences = {}): boolean =>
    trails.note('s', exchange({ class: 'live', by: 'cookie', verdict: 'bound', startedAt, ...differences }), 'cookie');
  const told = [
    live(0, { durationMs: 30_000 }),
    live(1000, { durationMs: 5 }),
    live(30_000, { durationMs: 20_000 }),
    live(60_000, { status: 503, error: 'session_lost', verdict: 'lost' }),
    live(61_000),
    live(62_000),
  ];
  assert.deepEqual(told, [true, false, false, true, true, false]);
  assert.deepEqual(
    trails
      .of('s')
      ?.events.map(({ at, durationMs, exchanges, error }) => [at, Math.round(durationMs), exchanges, error]),
    [
      [0, 50_000, 3, ''],
      [60_000, 12, 1, 'session_lost'],
      [61_000, 1012, 2, ''],
    ],
  );
  assert.ok(trails.of('s')?.events.every(({ namedBy }) => namedBy === 'cookie'));
});

test('a tunnel is told when it opens, and in the place of that how it ended', () => {
  const trails = new SessionTrails();
  const tunnel = { requestId: 't', class: 'live', status: 101, tunnel: true } as const;
  trails.opened('s', exchange({ ...tunnel, durationMs: -1 }), 'cookie');
  trails.opened('s', exchange({ ...tunnel, requestId: 'u', durationMs: -1 }), 'cookie');
  assert.equal(trails.note('s', exchange({ ...tunnel, termination: 'node-ejected', durationMs: 9 }), 'cookie'), false);
  assert.deepEqual(
    trails.of('s')?.events.map(({ requestId, termination, durationMs }) => [requestId, termination, durationMs]),
    [
      ['t', 'node-ejected', 9],
      ['u', 'open', -1],
    ],
  );
});

test('what cookies say is remembered apart: made-up sessions push out each other only, until an answer vouches', () => {
  const trails = new SessionTrails(2, 2);
  const live = exchange({ class: 'live', by: 'cookie', verdict: 'bound' });
  trails.note('real', exchange({ class: 'create', created: '1' }));
  trails.note('claimed', live, 'cookie');
  trails.note('claimed', exchange({ requestId: 'r-2', class: 'session', by: 'session', verdict: 'bound' }));
  for (let i = 0; i < 10; i++) trails.note(`made-up-${i}`, live, 'cookie');
  assert.equal(trails.of('made-up-7'), undefined);
  assert.deepEqual(ids(trails, 'made-up-9'), ['r-1']);
  assert.deepEqual(ids(trails, 'real'), ['r-1']);
  assert.deepEqual(ids(trails, 'claimed'), ['r-1', 'r-2']);
});

test('memory is bounded: of each session the first event and the latest, of all sessions those used last', () => {
  const mostSessions = 5;
  fc.assert(
    fc.property(fc.array(fc.nat(9), { maxLength: 600 }), (sessions) => {
      const trails = new SessionTrails(mostSessions);
      const all = new Map<number, string[]>();
      let recent: number[] = [];
      sessions.forEach((session, index) => {
        const requestId = String(index);
        trails.note(String(session), exchange({ requestId, class: 'session' }));
        if (!recent.includes(session)) all.set(session, []);
        all.get(session)?.push(requestId);
        recent = [session, ...recent.filter((other) => other !== session)].slice(0, mostSessions);
      });
      for (let session = 0; session < 10; session++) {
        const trail = trails.of(String(session));
        assert.equal(trail !== undefined, recent.includes(session));
        if (trail === undefined) continue;
        const seen = all.get(session) ?? [];
        const kept = seen.length <= MOST_EVENTS ? seen : [...seen.slice(0, 1), ...seen.slice(1 - MOST_EVENTS)];
        assert.deepEqual(ids(trails, String(session)), kept);
        assert.equal(trail.forgotten, seen.length - kept.length);
      }
    }),
    { seed: 5, numRuns: 100 },
  );
});

test('a request id does not keep the head alive that it was cut from', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const trails = new SessionTrails();
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 1000; i++) {
    const head = Buffer.alloc(16_384, 'x').toString('latin1');
    trails.note(String(i), exchange({ requestId: head.slice(10, 50) }));
  }
  collectGarbage();
  assert.ok(process.memoryUsage().heapUsed - before < 4 * 1024 * 1024);
});
