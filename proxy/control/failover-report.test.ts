import assert from 'node:assert/strict';
import test from 'node:test';
import { pino } from 'pino';
import type { ExchangeRecord } from '../observe/record.ts';
import { newAliasKey, SessionAliases } from '../observe/session-alias.ts';
import { SessionTrails } from '../observe/session-trail.ts';
import { WorkerStats } from '../observe/stats.ts';
import { exchange } from '../observe/testing/exchange.ts';
import type { Transition } from '../pool/health.ts';
import { aNode } from '../pool/testing/nodes.ts';
import type { NodeSnapshot } from '../pool/view.ts';
import { NOBODY } from './caller.ts';
import { FailoverReport, type WorkerTrails } from './failover-report.ts';
import { reportRoutes } from './report-routes.ts';

const TOKEN = '123456789';

/** A report over the nodes `a` and `b`, one worker that remembers what the test gives it, and one that is silent. */
function reportOf() {
  const aliasKey = newAliasKey();
  const alias = new SessionAliases(aliasKey).of(TOKEN);
  const stats = new WorkerStats(['a', 'b']);
  const lines: Record<string, unknown>[] = [];
  const trails = new SessionTrails();
  const nodes = new Map<string, NodeSnapshot>();
  for (const name of ['a', 'b']) nodes.set(name, aNode(0, { name, sessions: 4 }));
  const pool = () => ({ version: 1, nodes: [...nodes.values()] });
  let held = Promise.resolve();
  const trailsOf = async (asked: string): Promise<WorkerTrails> => {
    const trail = trails.of(asked);
    return { trails: trail ? [{ pid: 42, ...trail }] : [], silent: 1 };
  };
  const report = new FailoverReport({
    logger: pino({}, { write: (line) => lines.push(JSON.parse(line)) }),
    aliasKey,
    grace: () => 60_000,
    pool,
    lastStats: () => stats.snapshot(),
    collect: async () => {
      const counted = stats.snapshot();
      await held;
      return counted;
    },
    trailsOf,
  });
  report.published(pool());
  return {
    alias,
    report,
    stats,
    lines,
    /** What the workers have counted comes as of when they were asked, but not before this is called. */
    holdAnswers(): () => void {
      let release = (): void => {};
      held = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
    remember: (record: Partial<ExchangeRecord>) => trails.note(alias, exchange(record)),
    change(name: string, to: NodeSnapshot['state'], reason: Transition['reason']): void {
      const node = nodes.get(name);
      assert.ok(node);
      report.changed({ node: name, from: node.state, to, reason, at: Date.now(), sinceMs: 0 });
      nodes.set(name, { ...node, state: to });
      report.published(pool());
    },
    async ask(path: string): Promise<{ readonly status: number; readonly body: unknown }> {
      const [, resource = '', name = ''] = path.split('/');
      const route = reportRoutes(report).find((candidate) => candidate.path.startsWith(`/${resource}`));
      assert.ok(route);
      const asking = { name, query: new URLSearchParams(), accept: '', caller: NOBODY };
      const { status, body } = await route.answer(asking);
      return { status, body: JSON.parse(body) };
    },
  };
}

test('an incident is a line when it begins and one when it is over, and neither more nor less', async () => {
  const { report, stats, lines, change, ask } = reportOf();
  report.polled('a', { kind: 'failed', reason: 'timeout' }, 1000.25);
  change('a', 'down', 'timeout');
  stats.exchangeEnded(exchange({ node: 'a', status: 503, error: 'node_unreachable' }), -1);
  assert.equal(lines.length, 1);
  change('a', 'up', 'admitted');
  const { status, body } = await ask('/incidents');
  assert.equal(status, 200);
  const { incidents } = body as { incidents: Record<string, unknown>[] };
  assert.equal(incidents.length, 1);
  assert.equal(incidents[0]?.requestsFailed, 1);
  assert.equal(incidents[0]?.cause, 'timeout');
  assert.ok(Number(incidents[0]?.detectionMs) >= 1000);
  assert.deepEqual(
    lines.map(({ incident, node }) => [incident, node]),
    [
      [1, 'a'],
      [1, 'a'],
    ],
  );
  for (const { detectionMs } of lines) assert.ok(Number.isInteger(detectionMs), `${detectionMs}`);
  assert.match(String(lines[0]?.msg), /^incident 1 begins: node a ejected \(timeout\)$/);
  assert.match(String(lines[1]?.msg), /^incident 1 is over: node a ejected \(timeout\): \d+ ms, 0 sessions lost, 1 /);
});

test('an incident ends without anybody asking for it', async () => {
  const { lines, change } = reportOf();
  change('a', 'down', 'refused');
  change('a', 'up', 'admitted');
  await new Promise(setImmediate);
  assert.equal(lines.length, 2);
});

test('an incident that recovers while the workers are asked is counted again, with what it cost until then', async () => {
  const { report, stats, lines, change, holdAnswers } = reportOf();
  change('a', 'down', 'refused');
  const release = holdAnswers();
  const asked = report.incidents();
  stats.exchangeEnded(exchange({ node: 'a', status: 503, error: 'node_unreachable' }), -1);
  change('a', 'up', 'admitted');
  release();
  await asked;
  await new Promise(setImmediate);
  assert.equal(lines.length, 2);
  assert.equal(lines[1]?.requestsFailed, 1);
});

test("a session's story has its owner as it is now and what befell it, and no token anywhere", async () => {
  const { alias, lines, remember, change, ask } = reportOf();
  const startedAt = Date.now();
  remember({ class: 'create', created: TOKEN, node: 'b', startedAt });
  remember({ class: 'session', token: TOKEN, node: 'b', by: 'session', verdict: 'bound', startedAt: startedAt + 1 });
  change('a', 'down', 'refused');
  change('b', 'down', 'reset');
  const { status, body } = await ask(`/sessions/${TOKEN}`);
  assert.equal(status, 200);
  const story = body as Record<string, Record<string, unknown>> & { events: { class: string; worker: number }[] };
  assert.equal(story.session, alias.slice(0, 12));
  assert.equal(story.owner?.node, 'b');
  assert.equal(story.owner?.knownBy, 'create');
  assert.equal(story.owner?.state, 'down');
  assert.deepEqual(
    story.events.map(({ class: requestClass, worker }) => [requestClass, worker]),
    [
      ['create', 42],
      ['session', 42],
    ],
  );
  assert.deepEqual(
    (story.incidents as unknown as { node: string; cause: string }[]).map(({ node, cause }) => [node, cause]),
    [['b', 'reset']],
  );
  assert.equal(story.silentWorkers, 1);
  assert.doesNotMatch(JSON.stringify([body, lines]), new RegExp(TOKEN));
});

test('a session that nobody remembers is a 404 that does not repeat the token', async () => {
  const { ask } = reportOf();
  const { status, body } = await ask('/sessions/987654321');
  assert.equal(status, 404);
  assert.deepEqual(body, {
    error: { code: 'unknown_session', message: 'Nothing is remembered of this session.' },
  });
});

test('a split pair is counted and logged by alias, once for each session', () => {
  const { alias, report, lines } = reportOf();
  const sightings = [
    { session: alias, node: 'a', class: 'create', namedBy: 'token' },
    { session: alias, node: 'b', class: 'session', namedBy: 'token' },
    { session: alias, node: 'b', class: 'session', namedBy: 'token' },
    { session: alias, node: 'a', class: 'session', namedBy: 'token' },
  ] as const;
  report.sighted(sightings, 7);
  assert.deepEqual(report.pairs, { ok: 1, split: 2, skipped: 7 });
  assert.equal(lines.length, 1);
  assert.equal(lines[0]?.session, alias.slice(0, 12));
  assert.equal(lines[0]?.node, 'b');
  assert.deepEqual(lines[0]?.before, { node: 'a', class: 'create' });
});
