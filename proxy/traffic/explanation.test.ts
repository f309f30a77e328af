import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Question, readQuestion } from '../affinity/question.ts';
import type { TestPlane } from '../testing/data-plane.ts';
import { ask } from '../testing/http-client.ts';
import { clusterFor } from '../testing/named-nodes.ts';
import type { Explanation } from './explanation.ts';

const SESSIONS = '/cobrowse/rest/live/sessions';

async function explained({ plane, config }: TestPlane, question: Partial<Question>): Promise<Explanation> {
  const reading = readQuestion({ method: '', url: '', cookie: '', token: '', ...question }, config);
  assert.ok(reading.ok);
  return plane.explain(reading.request, 0);
}

/** CB_2 owns every session that somebody asks for. */
function clusterOf(t: TestContext, options: object = {}): Promise<TestPlane> {
  return clusterFor(t, options, (_, target) => {
    const token = target.split(`${SESSIONS}/`)[1];
    if (token === undefined) return undefined;
    return { status: 200, body: JSON.stringify({ sessionToken: token, sessionServerName: 'CB_2' }) };
  });
}

test('each source of a decision is told, with the node that it names', async (t) => {
  const cluster = await clusterOf(t);
  for (const [question, by, verdict, node, why] of [
    [{ url: 'http://proxy.test/n1/cobrowse/x' }, 'server-url', 'bound', 'CB_1', /serverUrl of node CB_1.*and no other/],
    [{ token: '123' }, 'session', 'bound', 'CB_2', /session belongs to node CB_2/],
    [{ cookie: 'CB_3' }, 'cookie', 'bound', 'CB_3', /class live: its cookie names node CB_3.*and no other/],
    [{ cookie: 'CB_9' }, 'cookie', 'unknown', undefined, /no configured node/],
    [{ url: SESSIONS, method: 'POST' }, 'balance', 'free', undefined, /nothing names a node.*balancing policy/],
  ] as const) {
    const told = await explained(cluster, question);
    assert.deepEqual([told.action, told.by, told.verdict], ['forward', by, verdict], told.why);
    if (node !== undefined) assert.equal(told.node, node);
    assert.equal(told.nodeState, 'up');
    assert.match(told.why, why);
  }
});

test('what is told is what is done, and where the nodes are asked, that is told as well', async (t) => {
  const cluster = await clusterOf(t);
  const question = { token: '777', cookie: 'CB_1' };
  const { lookUp, conflict, node, class: requestClass } = await explained(cluster, question);
  assert.deepEqual([lookUp, conflict, node, requestClass], ['found', true, 'CB_2', 'session']);
  await ask(cluster.port, { path: `${SESSIONS}/777`, headers: { cookie: 'gcbSessionServer=CB_1' } });
  const record = await cluster.recorded();
  assert.deepEqual([record.node, record.conflict], ['CB_2', true]);
  assert.equal((await explained(cluster, question)).lookUp, null, 'it is known now');
  assert.equal(cluster.stats.inFlight, 0);
});

test('a node that takes nothing new is named, and so is what its sessions get', async (t) => {
  const cluster = await clusterOf(t);
  cluster.change('CB_1', { state: 'draining' });
  const create = await explained(cluster, { url: SESSIONS, method: 'POST', cookie: 'CB_1' });
  assert.notEqual(create.node, 'CB_1');
  assert.match(create.why, /node CB_1 is named, but is draining/);
  assert.equal((await explained(cluster, { cookie: 'CB_1' })).node, 'CB_1');

  cluster.change('CB_1', { state: 'down', since: 0 });
  const lost = await explained(cluster, { cookie: 'CB_1' });
  assert.deepEqual([lost.action, lost.verdict, lost.node, lost.status], ['refuse', 'lost', 'CB_1', 503]);
  assert.equal(lost.refusal?.code, 'session_lost');
  const page = await explained(cluster, { url: '/cobrowse/', cookie: 'CB_1' });
  assert.match(page.why, /cookie names node CB_1, which is down for longer.*balancing policy picks/);

  for (const name of ['CB_2', 'CB_3']) cluster.change(name, { state: 'down', since: 0 });
  const none = await explained(cluster, { url: '/cobrowse/' });
  assert.deepEqual([none.action, none.refusal?.code, none.node], ['refuse', 'no_node_available', null]);
  const health = await explained(cluster, { url: '/cobrowse/health' });
  assert.deepEqual([health.action, health.status], ['health', 503]);
});

test('what never reaches routing is told: a malformed request, a path that is not served, a redirect', async (t) => {
  const cluster = await clusterOf(t, { listeners: [{ port: 0, deny: [{ path: '/admin/**' }] }] });
  const malformed = await explained(cluster, { url: '/a b' });
  assert.deepEqual([malformed.action, malformed.refusal?.code, malformed.class], ['refuse', 'bad_request', null]);
  const denied = await explained(cluster, { url: '/cobrowse/admin/x' });
  assert.deepEqual([denied.action, denied.refusal?.code, denied.status], ['deny', 'not_exposed', 404]);
  assert.equal((await explained(cluster, { url: '/', method: 'TRACE' })).refusal?.code, 'method_not_allowed');
});

test('a cookie that counts for nothing, since it is not signed, names nobody', async (t) => {
  const cluster = await clusterOf(t, { affinity: { signature: { keys: ['k'.repeat(32)], unsigned: 'ignore' } } });
  cluster.change('CB_1', { state: 'draining' });
  const create = await explained(cluster, { url: SESSIONS, method: 'POST', cookie: 'CB_1' });
  assert.match(create.why, /nothing names a node/);
});
