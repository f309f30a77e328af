import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { startNode } from './server.ts';
import { CONTROLLER } from './sessions/session.ts';
import { ALLOWED_ORIGIN, errorOf, startTestNode } from './testing/nodes.ts';
import { RawClient } from './testing/raw-client.ts';

const UNKNOWN = `GET /cobrowse/rest/live/users/${'x'.repeat(32)}/session/stop HTTP/1.1\r\nHost: n\r\n`;
const HEALTH = 'GET /cobrowse/health HTTP/1.1\r\nHost: n\r\n\r\n';

test('a taken port is reported by the system error', async (t) => {
  const { port } = await startTestNode(t);
  await assert.rejects(startNode({ port }), { code: 'EADDRINUSE' });
});

describe('draining', () => {
  test('turns health to 503, creates no session, closes connections behind answers, and serves live sessions', async (t) => {
    const node = await startTestNode(t);
    const { sessionToken } = (await (await fetch(`${node.url}/rest/live/sessions`, { method: 'POST' })).json()) as {
      sessionToken: string;
    };
    const idle = await RawClient.connect(t, node.port);
    idle.send(HEALTH);
    await idle.receive('X-Cobrowse-State: ready');

    node.drain();
    idle.send(HEALTH);
    const answers = await idle.closed();
    const last = answers.slice(answers.lastIndexOf('HTTP/1.1 '));
    assert.ok(last.startsWith('HTTP/1.1 503 '), last);
    for (const line of ['X-Cobrowse-State: draining', 'Content-Length: 0', 'Connection: close']) {
      assert.ok(last.includes(`\r\n${line}\r\n`), last);
    }
    const create = await fetch(`${node.url}/rest/live/sessions`, { method: 'POST' });
    assert.deepEqual(await errorOf(create), { status: 503, code: 'draining' });
    assert.equal(create.headers.get('retry-after'), '5');
    const found = await fetch(`${node.url}/rest/live/sessions/${sessionToken}`, {
      headers: { Origin: ALLOWED_ORIGIN },
    });
    assert.equal(found.status, 200);
    assert.equal(found.headers.get('connection'), 'close');
  });
});

describe('stop', () => {
  test('waits for live sessions to end, and serves them until then', async (t) => {
    const node = await startTestNode(t, { drainDeadlineMs: 3_600_000 });
    const created = await node.sessions.create();
    assert.ok(created.outcome === 'created');
    const joined = await node.sessions.join(created.session.sessionToken, CONTROLLER, 'Carla');
    assert.ok(joined.outcome === 'joined');

    const stopped = node.stop();
    const end = await fetch(`${node.url}/rest/live/users/${joined.participant.userToken}/session/stop`);
    assert.equal(end.status, 200);
    await stopped;
    await assert.rejects(fetch(`${node.url}/health`));
  });

  test('ends live sessions at the deadline', async (t) => {
    const node = await startTestNode(t, { drainDeadlineMs: 20 });
    await node.sessions.create();
    const ended = once(node.sessions, 'ended');
    await node.stop();
    const [{ cause }] = await ended;
    assert.equal(cause, 'node_stopped');
  });

  test('closes idle connections, those that never sent a byte as well', async (t) => {
    const node = await startTestNode(t);
    const silent = await RawClient.connect(t, node.port);
    const idle = await RawClient.connect(t, node.port);
    idle.send(HEALTH);
    await idle.receive('\r\n\r\n');
    await node.stop();
    await Promise.all([silent.closed(), idle.closed()]);
    await assert.rejects(fetch(`${node.url}/health`));
  });

  test('lets a request in flight finish', async (t) => {
    const node = await startTestNode(t);
    const client = await RawClient.connect(t, node.port);
    client.send(`${UNKNOWN}Content-Length: 10\r\nExpect: 100-continue\r\n\r\nhal`);
    await client.receive('HTTP/1.1 100 Continue');
    const stopped = node.stop();
    client.send(' a body');
    const answer = await client.closed();
    assert.ok(answer.includes('HTTP/1.1 404 ') && answer.includes('Connection: close'), answer);
    await stopped;
  });

  test('cuts a request that does not finish in time', async (t) => {
    const node = await startTestNode(t, { finishMs: 50 });
    const client = await RawClient.connect(t, node.port);
    client.send(`${UNKNOWN}Content-Length: 10\r\nExpect: 100-continue\r\n\r\n`);
    await client.receive('HTTP/1.1 100 Continue');
    await node.stop();
    assert.equal((await client.closed()).includes('HTTP/1.1 404'), false);
  });

  test('a second time cuts the drain short and has the same end', async (t) => {
    const node = await startTestNode(t, { drainNoticeMs: 3_600_000, drainDeadlineMs: 3_600_000 });
    const first = node.stop();
    assert.equal((await fetch(`${node.url}/health`)).status, 503);
    assert.equal(node.stop(), first);
    assert.equal(node.stop(0), first);
    await first;
    await assert.rejects(fetch(`${node.url}/health`));
  });
});
