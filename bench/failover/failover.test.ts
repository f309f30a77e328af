/** The failover benchmark works: figures from made-up trials, and one real trial. Outcomes only, no times. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { UsageError } from '../harness/arguments.ts';
import { FailoverNode } from './cluster.ts';
import { OURS, ours } from './contenders.ts';
import type { Fault } from './fault.ts';
import { FAULTS } from './faults.ts';
import type { ChannelEvent } from './load/channel.ts';
import { CookieJar } from './load/cookie-jar.ts';
import type { Sample } from './load/open-loop.ts';
import { measure } from './measure.ts';
import { judge } from './must-hold.ts';
import { readOptions, trialOptions } from './options.ts';
import { PATHS, parseArrivals } from './protocol.ts';
import { renderReport } from './report.ts';
import { runTrial, type Trial } from './trial.ts';

function faultNamed(name: string): Fault {
  const fault = FAULTS.find((one) => one.name === name);
  assert.ok(fault);
  return fault;
}

const sample = (id: string, due: number, end: number, outcome: Sample['outcome'] = 'ok'): Sample => ({
  id,
  kind: id.startsWith('create') ? 'create' : 'get',
  due,
  end,
  outcome,
  status: outcome === 'ok' ? 200 : 0,
  code: '',
});

const event = (at: number, channel: string, what: ChannelEvent['what'], more: Partial<ChannelEvent> = {}) => ({
  at,
  channel,
  kind: 'poll' as const,
  node: 'a',
  what,
  status: 0,
  code: '',
  cookieExpired: false,
  ...more,
});

const trial = (more: Partial<Trial>): Trial => ({
  contender: OURS,
  fault: faultNamed('killed'),
  victim: 'a',
  struckAt: 1_000,
  healingAt: 5_000,
  backAt: 5_500,
  samples: [],
  events: [],
  arrivals: [],
  findings: {},
  ...more,
});

describe('figures', () => {
  test('requests that ended before the fault do not count, those under way do', () => {
    const samples = [
      sample('get-0', 900, 950, 'reset'),
      sample('get-1', 990, 1_010, 'reset'),
      sample('get-2', 1_500, 1_600),
    ];
    const { gets, failedLate } = measure(trial({ samples }));
    assert.deepEqual(gets, { sent: 2, failed: 1, slowestMs: 100, causes: { reset: 1 } });
    assert.equal(failedLate, 0);
  });

  test('detection is the last request that reached the node or suffered, recovery the next one that it got', () => {
    const samples = [
      sample('get-0', 900, 901),
      sample('get-1', 1_300, 1_900),
      sample('get-2', 1_700, 1_701),
      sample('get-3', 5_900, 5_901),
    ];
    const arrivals = [...parseArrivals('a', 'get-0 own\nget-3 own\n'), ...parseArrivals('b', 'get-2 own\n')];
    const { detectionMs, recoveryMs } = measure(trial({ samples, arrivals }));
    assert.deepEqual([detectionMs, recoveryMs], [0, 400]);
    // A hung node may have no record of what waited for it.
    assert.equal(measure(trial({ samples, arrivals, fault: faultNamed('hung') })).detectionMs, 300);
    const late = measure(trial({ samples: [sample('get-0', 4_900, 4_950, 'timeout')] }));
    assert.deepEqual([late.detectionMs, late.recoveryMs], [undefined, undefined]);
  });

  test('a failed creation is excused when it reached the node or may have', () => {
    const failures = ['create-0', 'create-1', 'create-2'] as const;
    const samples = failures.map((id, index) => sample(id, 1_050 + index * 1_000, 6_000, 'reset'));
    const { creations } = measure(trial({ samples, arrivals: parseArrivals('a', 'create-1 own\n') }));
    assert.deepEqual([creations.failed, creations.excused], [3, 2]);
  });

  test('channels of the struck node and of others are told apart', () => {
    const lost = { status: 503, code: 'session_lost', cookieExpired: true };
    const events = [
      event(500, 'poll0', 'created'),
      event(600, 'poll1', 'created', { node: 'b' }),
      event(700, 'poll2', 'created'),
      event(1_100, 'poll0', 'refused', lost),
      event(1_150, 'poll0', 'created', { node: 'b' }),
      event(6_000, 'poll2', 'mute'),
    ];
    const { polls, refusals } = measure(trial({ events }));
    assert.deepEqual(polls, { bound: 2, told: 1, firstMs: 100, lastMs: 100, healthyCut: 0 });
    assert.deepEqual(refusals, {
      words: { '503 session_lost': 1 },
      cookieKept: 0,
      createFailed: 0,
      resumed: 1,
      resumedMs: 150,
      lostFirstMs: 100,
      lostLastMs: 100,
      lostUnannounced: 1,
    });
  });

  test('bound requests at the wrong node break a rule, and the report says which', () => {
    const figures = measure(trial({ arrivals: parseArrivals('b', 'poll0-3 foreign\n') }));
    const checks = judge('killed', figures);
    assert.equal(checks.find(({ rule }) => rule.includes('another node'))?.holds, false);
    const text = renderReport({
      fault: 'killed',
      summary: 's',
      strikes: 'victim',
      skipped: undefined,
      results: [{ contender: OURS, figures, checks }],
    });
    assert.match(text, /BROKEN {2}no bound request reaches another node: 1 did/);
  });

  test('how often a node is let back in, and for how long nothing is served', () => {
    const dues = [1_050, 2_000, 2_100, 3_000, 6_000];
    const samples = dues.map((due, index) => sample(`get-${index}`, due, due + 10));
    const arrivals = samples.flatMap(({ id }) => parseArrivals('a', `${id} own\n`));
    const { readmissions, unservedMs, touched } = measure(trial({ samples, arrivals }));
    assert.deepEqual([readmissions, unservedMs, touched], [2, 3_000, 4]);
  });

  test('a node that gets requests right after it was struck was not let back in', () => {
    const samples = [1_120, 1_300].map((due, index) => sample(`get-${index}`, due, due + 10));
    const arrivals = samples.flatMap(({ id }) => parseArrivals('a', `${id} own\n`));
    assert.equal(measure(trial({ samples, arrivals })).readmissions, 0);
  });

  test('what fails after the end, and sessions of healthy nodes that were given up', () => {
    const samples = [sample('get-0', 1_200, 1_300, 'reset'), sample('create-0', 5_600, 5_700, 'reset')];
    const events = [event(500, 'poll0', 'created', { node: 'b' }), event(1_500, 'poll0', 'created', { node: 'b' })];
    const figures = measure(trial({ samples, events }));
    assert.deepEqual([figures.failedLate, figures.failedAfter, figures.healthyLost], [1, 1, 1]);
  });

  test('every fault has rules', () => {
    for (const { name } of FAULTS) assert.notEqual(judge(name, measure(trial({}))).length, 0, name);
  });
});

test('options: defaults, choices and nonsense', () => {
  const options = readOptions(['--faults', 'hung', '--only', 'nginx', '--seconds', '5', '--rate', '50']);
  assert.deepEqual(
    options?.faults.map(({ name }) => name),
    ['hung'],
  );
  assert.deepEqual(options?.trial, trialOptions(5, 50, 30));
  assert.equal(readOptions(['--help']), undefined);
  for (const args of [['--faults', 'flood'], ['--only', 'envoy'], ['--rate', '0'], ['--what']]) {
    assert.throws(() => readOptions(args), UsageError);
  }
});

test('a cookie jar takes, overwrites and expires', () => {
  const jar = new CookieJar();
  assert.deepEqual(jar.headers, {});
  jar.take(['a=1; Path=/', 'b=x=y']);
  jar.take(['a=2; Max-Age=60']);
  assert.deepEqual(jar.headers, { cookie: 'a=2; b=x=y' });
  jar.take(['a=; Path=/; Max-Age=0']);
  assert.deepEqual(jar.headers, { cookie: 'b=x=y' });
});

test('a refusing node takes no connection until it is well again', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'cobrowse-failover-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const node = new FailoverNode('a', dir, 1_000);
  await node.start();
  t.after(() => node.kill());
  const ask = () => fetch(`http://127.0.0.1:${node.port}${PATHS.get}`).then(({ status }) => status);
  assert.equal(await ask(), 200);
  await node.become('refusing');
  await assert.rejects(ask());
  await node.become('errors');
  assert.equal(await ask(), 500);
  await node.become('ok');
  assert.equal(await ask(), 200);
});

test('a node that stays away: unreachable, then lost with the cookie expired, and the next creation succeeds', async () => {
  const options = { ...trialOptions(1, 20, 3), faultMs: 10_000, recoveryMs: 100, timeoutMs: 60_000 };
  const { gets, polls, sockets, refusals } = measure(await runTrial(ours, faultNamed('lost'), options));
  assert.equal(gets.failed, 0);
  assert.deepEqual(Object.keys(refusals.words).sort(), ['503 node_unreachable', '503 session_lost']);
  assert.equal(refusals.resumed, polls.bound + sockets.bound);
  assert.deepEqual([refusals.cookieKept, refusals.createFailed], [0, 0]);
});
