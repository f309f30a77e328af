import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONTROLLER } from '../sessions/session.ts';
import { startTestNode } from '../testing/nodes.ts';

test('metrics have an address of their own, and show what went on', async (t) => {
  const node = await startTestNode(t, { metrics: { host: '127.0.0.1', port: 0 } });
  const { port = 0 } = node.metricsAddress ?? {};
  const { sessionToken } = (await (await fetch(`${node.url}/rest/live/sessions`, { method: 'POST' })).json()) as {
    sessionToken: string;
  };
  assert.equal((await fetch(`${node.url}/rest/live/sessions/${sessionToken}`)).status, 403);
  const joined = await node.sessions.join(sessionToken, CONTROLLER, 'Carla');
  assert.ok(joined.outcome === 'joined');
  await (await fetch(`${node.url}/rest/live/users/${joined.participant.userToken}/session/stop`)).text();
  assert.equal((await fetch(`${node.url}/metrics`)).status, 404, 'the public address does not lead to them');

  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  for (const line of [
    'requests_total{function="create",status="200"} 1',
    'requests_total{function="get",status="403"} 1',
    'requests_total{function="other",status="404"} 1',
    'refusals_total{code="origin_not_allowed"} 1',
    'session_operations_total{operation="create",outcome="created"} 1',
    'session_operations_total{operation="join",outcome="joined"} 1',
    'session_operations_total{operation="stop",outcome="stopped"} 1',
    'sessions_ended_total{cause="stopped"} 1',
    'sessions_completed_total 1',
    'request_duration_seconds_count{function="stop"} 1',
  ]) {
    assert.ok(text.includes(`\ncobrowse_node_${line}\n`), line);
  }
  assert.equal(text.includes(sessionToken), false);

  const post = await fetch(`http://127.0.0.1:${port}/metrics`, { method: 'POST' });
  assert.deepEqual([post.status, post.headers.get('allow')], [405, 'GET, HEAD']);
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 404);
});

test('a busy metrics port keeps the node from starting, and leaves nothing behind', async (t) => {
  const node = await startTestNode(t);
  const metrics = { host: '127.0.0.1', port: node.port };
  await assert.rejects(startTestNode(t, { metrics }), { code: 'EADDRINUSE', port: node.port });
});
