import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startNode } from './server.ts';
import { startTestNode } from './testing/nodes.ts';
import { RawClient } from './testing/raw-client.ts';

const CREATE = 'POST /cobrowse/rest/live/sessions HTTP/1.1\r\nHost: n\r\n';
const HEALTH = 'GET /cobrowse/health HTTP/1.1\r\nHost: n\r\n\r\n';

test('a taken port is reported by the system error', async (t) => {
  const { port } = await startTestNode(t);
  await assert.rejects(startNode({ port }), { code: 'EADDRINUSE' });
});

describe('draining', () => {
  test('turns health to 503 and closes connections behind answers, but serves on', async (t) => {
    const node = await startTestNode(t);
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
    const response = await fetch(`${node.url}/rest/live/sessions`, { method: 'POST' });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('connection'), 'close');
  });
});

describe('stop', () => {
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
    client.send(`${CREATE}Content-Length: 10\r\nExpect: 100-continue\r\n\r\nhal`);
    await client.receive('HTTP/1.1 100 Continue');
    const stopped = node.stop();
    client.send(' a body');
    const answer = await client.closed();
    assert.ok(answer.includes('HTTP/1.1 200 OK') && answer.includes('Connection: close'), answer);
    await stopped;
  });

  test('cuts a request that does not finish in time', async (t) => {
    const node = await startTestNode(t, { finishMs: 50 });
    const client = await RawClient.connect(t, node.port);
    client.send(`${CREATE}Content-Length: 10\r\nExpect: 100-continue\r\n\r\n`);
    await client.receive('HTTP/1.1 100 Continue');
    await node.stop();
    assert.equal((await client.closed()).includes('HTTP/1.1 200'), false);
  });

  test('a second time cuts the drain time short and has the same end', async (t) => {
    const node = await startTestNode(t, { drainMs: 3_600_000 });
    const first = node.stop();
    assert.equal((await fetch(`${node.url}/health`)).status, 503);
    assert.equal(node.stop(), first);
    assert.equal(node.stop(0), first);
    await first;
    await assert.rejects(fetch(`${node.url}/health`));
  });
});
