/** Idle connections to nodes: which are used again, by whom, and for how long they are kept. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestPlane } from '../testing/data-plane.ts';
import { nodeFor, planeBefore } from '../testing/for-test.ts';
import { ask } from '../testing/http-client.ts';
import { answering, ok, type RawNode } from '../testing/raw-node.ts';

/** After an answer; a second is long. */
const SOON_MS = 500;

async function openAtOnce(plane: TestPlane, node: RawNode, count: number): Promise<void> {
  node.onData = () => {};
  const answers = Array.from({ length: count }, () => ask(plane.port));
  const heads = node.received.split('\r\n\r\n').length + count;
  await node.when(() => (node.received.split('\r\n\r\n').length === heads ? true : undefined));
  for (const connection of node.connections) if (!connection.ended) connection.send(ok());
  await Promise.all(answers);
  node.onData = (connection) => connection.send(ok());
}

describe('an idle connection to a node', () => {
  it('that was used last is used first, so that a quiet worker keeps few', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node, { timeouts: { nodeIdle: '500ms' } });
    await openAtOnce(plane, node, 5);
    assert.equal(node.connections.length, 5);
    const enough = performance.now() + 1000;
    while (performance.now() < enough) await ask(plane.port);
    assert.equal(node.connections.length, 5);
    await node.when(() => (node.connections.filter(({ ended }) => ended).length === 4 ? true : undefined));
  });

  it('is closed after its time', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node, { timeouts: { nodeIdle: '200ms' } });
    await ask(plane.port);
    await (await node.connection()).untilEnded();
  });

  it('is closed a second before the node says that it will do so', async (t) => {
    const node = await nodeFor(t, answering('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok'));
    const plane = await planeBefore(t, node);
    await ask(plane.port);
    await (await node.connection()).untilEnded();
  });

  it('carries no POST when it has been idle for long: the node may just be closing it', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node);
    await ask(plane.port);
    await sleep(1300);
    await ask(plane.port, { method: 'POST', headers: { 'content-length': '0' } });
    assert.equal(node.connections.length, 2);
    await ask(plane.port);
    assert.equal(node.connections.length, 2);
  });

  it('carries a POST soon after its last answer', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node);
    let began = 0;
    let opened = 0;
    // A busy machine may have taken too long for it to be soon: then once more.
    do {
      await ask(plane.port);
      began = performance.now();
      opened = node.connections.length;
      await ask(plane.port, { method: 'POST', headers: { 'content-length': '0' } });
    } while (performance.now() - began > SOON_MS);
    assert.equal(node.connections.length, opened);
  });

  it('that the node closes is gone', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node);
    await ask(plane.port);
    const connection = await node.connection();
    connection.socket.end();
    await connection.untilEnded();
    await ask(plane.port);
    assert.equal(node.connections.length, 2);
    assert.equal(plane.stats.snapshot().nodes[0]?.retries.stale, 0);
  });

  for (const [what, change] of [
    ['is ejected', { state: 'down' }],
    ['was restarted', { instanceId: 'another' }],
  ] as const) {
    it(`is closed when its node ${what}`, async (t) => {
      const node = await nodeFor(t, answering(ok()));
      const plane = await planeBefore(t, node);
      await ask(plane.port);
      plane.change('CB_1', change);
      await (await node.connection()).untilEnded();
    });
  }

  it('stays when its node drains', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node);
    await ask(plane.port);
    plane.change('CB_1', { state: 'draining' });
    await ask(plane.port);
    assert.equal(node.connections.length, 1);
  });
});
