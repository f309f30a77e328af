/** A node is found dead while requests wait for it: nothing waits longer, and nothing is lost that could be kept. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { TestPlane } from '../testing/data-plane.ts';
import { eventually } from '../testing/eventually.ts';
import { clientFor, nodeFor, planeFor } from '../testing/for-test.ts';
import { answering, ok, type RawNode } from '../testing/raw-node.ts';

const TO_SILENT = 'Cookie: gcbSessionServer=CB_silent\r\n';
const UPGRADE = 'Upgrade: websocket\r\nConnection: Upgrade\r\n';

interface Pair {
  readonly silent: RawNode;
  readonly well: RawNode;
  readonly plane: TestPlane;
}

/** A node that takes everything and says nothing, and one that answers. */
async function pairFor(t: TestContext, options?: object): Promise<Pair> {
  const silent = await nodeFor(t);
  const well = await nodeFor(t, answering(ok('well')));
  const nodes = [
    { name: 'CB_silent', port: silent.port },
    { name: 'CB_well', port: well.port },
  ];
  return { silent, well, plane: await planeFor(t, nodes, options) };
}

/** An open one, by its two ends. */
async function tunnelTo(t: TestContext, silent: RawNode, plane: TestPlane) {
  const client = await clientFor(t, plane);
  client.send(`GET /cometd HTTP/1.1\r\nHost: a\r\n${TO_SILENT}${UPGRADE}\r\n`);
  const connection = await silent.connection();
  await connection.until('\r\n\r\n');
  connection.send(`HTTP/1.1 101 Switching Protocols\r\n${UPGRADE}\r\n`);
  await client.until('101 ');
  return { client, connection };
}

describe('when a node is ejected', () => {
  it('an idempotent request that nothing binds to it is answered by another', async (t) => {
    const { silent, plane } = await pairFor(t);
    const client = await clientFor(t, plane);
    client.send(`GET /wish HTTP/1.1\r\nHost: a\r\n${TO_SILENT}\r\n`);
    await (await silent.connection()).until('GET /wish');
    plane.change('CB_silent', { state: 'down' });
    await client.until('\r\n\r\nwell');
    const record = await plane.recorded();
    assert.equal(record.node, 'CB_well');
    assert.equal(record.attempts, 2);
    assert.equal(plane.stats.snapshot().nodes[0]?.retries.ejected, 1);
  });

  it('a bound long poll is told node_unreachable', async (t) => {
    const { silent, plane } = await pairFor(t);
    const client = await clientFor(t, plane);
    client.send(`GET /cometd/connect HTTP/1.1\r\nHost: a\r\n${TO_SILENT}\r\n`);
    await (await silent.connection()).until('GET /cometd/connect');
    plane.change('CB_silent', { state: 'down' });
    assert.match(await client.untilEnd(), /^HTTP\/1\.1 503 .*Retry-After: .*"node_unreachable"/s);
    assert.equal((await plane.recorded()).termination, 'node-ejected');
  });

  it('a bound long poll is told so too when the node breaks off before anybody knows', async (t) => {
    const { silent, plane } = await pairFor(t);
    const client = await clientFor(t, plane);
    client.send(`GET /cometd/connect HTTP/1.1\r\nHost: a\r\n${TO_SILENT}\r\n`);
    const connection = await silent.connection();
    await connection.until('GET /cometd/connect');
    connection.socket.resetAndDestroy();
    assert.match(await client.untilEnd(), /^HTTP\/1\.1 503 .*Retry-After: .*"node_unreachable"/s);
    assert.deepEqual(plane.refusedNodes, ['CB_silent']);
  });

  it('a POST that may have arrived is not sent to another', async (t) => {
    const { silent, well, plane } = await pairFor(t);
    const client = await clientFor(t, plane);
    client.send(`POST /form HTTP/1.1\r\nHost: a\r\n${TO_SILENT}Content-Length: 1\r\n\r\nx`);
    await (await silent.connection()).until('\r\n\r\nx');
    plane.change('CB_silent', { state: 'down' });
    assert.match(await client.untilEnd(), /^HTTP\/1\.1 502 .*"node_failed"/s);
    assert.equal(well.connections.length, 0);
  });

  it('its tunnels are closed, and nothing stays in flight', async (t) => {
    const { silent, plane } = await pairFor(t);
    const { client } = await tunnelTo(t, silent, plane);
    plane.change('CB_silent', { state: 'down' });
    await client.untilEnd();
    assert.equal((await plane.recorded()).termination, 'node-ejected');
    assert.deepEqual([plane.stats.inFlight, plane.stats.tunnels[0], plane.plane.load.active(0)], [0, 0, 0]);
  });

  it('an answer that has begun goes on', async (t) => {
    const { silent, plane } = await pairFor(t);
    const client = await clientFor(t, plane);
    client.send(`GET /long HTTP/1.1\r\nHost: a\r\n${TO_SILENT}\r\n`);
    const connection = await silent.connection();
    await connection.until('GET /long');
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha');
    await client.until('\r\n\r\nha');
    plane.change('CB_silent', { state: 'down' });
    connection.send('lf');
    await client.until('half');
  });
});

describe('when a node is ejected that may only be pausing', () => {
  const PAUSING = { state: 'down', silence: 'lasting' } as const;

  it('an idempotent request that nothing binds to it does not wait', async (t) => {
    const { silent, plane } = await pairFor(t);
    const client = await clientFor(t, plane);
    client.send(`GET /wish HTTP/1.1\r\nHost: a\r\n${TO_SILENT}\r\n`);
    await (await silent.connection()).until('GET /wish');
    plane.change('CB_silent', PAUSING);
    assert.equal(plane.stats.snapshot().nodes[0]?.retries.ejected, 1, 'at once');
    await client.until('\r\n\r\nwell');
    assert.equal((await plane.recorded()).attempts, 2);
  });

  it('what cannot go elsewhere still gets its answer', async (t) => {
    const { silent, well, plane } = await pairFor(t);
    const [poll, form] = [await clientFor(t, plane), await clientFor(t, plane)];
    poll.send(`GET /cometd/connect HTTP/1.1\r\nHost: a\r\n${TO_SILENT}\r\n`);
    const held = await silent.connection(0);
    await held.until('GET /cometd/connect');
    form.send(`POST /form HTTP/1.1\r\nHost: a\r\n${TO_SILENT}Content-Length: 1\r\n\r\nx`);
    const posted = await silent.connection(1);
    await posted.until('\r\n\r\nx');
    plane.change('CB_silent', PAUSING);
    held.send(ok('polled'));
    posted.send(ok('posted'));
    await poll.until('\r\n\r\npolled');
    await form.until('\r\n\r\nposted');
    assert.equal(well.connections.length, 0);
  });

  it('a new bound request is told at once', async (t) => {
    const { plane } = await pairFor(t);
    plane.change('CB_silent', { ...PAUSING, since: Date.now() });
    const client = await clientFor(t, plane);
    client.send(`GET /cometd/connect HTTP/1.1\r\nHost: a\r\n${TO_SILENT}\r\n`);
    await client.until('"node_unreachable"');
  });

  for (const [what, change] of [
    ['refuses connections', { silence: undefined }],
    ['is another instance', { state: 'up', silence: undefined, instanceId: 'i-2' }],
    ['is taken to maintenance', { operator: 'maintenance' }],
  ] as const) {
    it(`nothing waits longer when it ${what}`, async (t) => {
      const { silent, plane } = await pairFor(t);
      plane.change('CB_silent', { instanceId: 'i-1' });
      const client = await clientFor(t, plane);
      client.send(`GET /cometd/connect HTTP/1.1\r\nHost: a\r\n${TO_SILENT}\r\n`);
      await (await silent.connection()).until('GET /cometd/connect');
      plane.change('CB_silent', PAUSING);
      assert.equal(plane.stats.inFlight, 1);
      plane.change('CB_silent', change);
      assert.equal(plane.stats.inFlight, 0);
      assert.match(await client.untilEnd(), /^HTTP\/1\.1 503 .*"node_unreachable"/s);
    });
  }

  it('what it still says counts as life, and ends with it', async (t) => {
    const { silent, plane } = await pairFor(t);
    const { client, connection } = await tunnelTo(t, silent, plane);
    plane.change('CB_silent', PAUSING);
    const began = performance.now();
    connection.send('word');
    await client.until('word');
    await client.untilEnd();
    assert.ok(performance.now() - began > 1500, 'one reprieve for the pause, one for the word');
    assert.equal((await plane.recorded()).termination, 'node-ejected');
  });
});

describe('when a node stops answering', () => {
  it('it is suspected, avoided, and left by who can go elsewhere', async (t) => {
    const { silent, plane } = await pairFor(t, { balance: 'round-robin' });
    const waiting = await clientFor(t, plane);
    waiting.send(`GET /wish HTTP/1.1\r\nHost: a\r\n${TO_SILENT}\r\n`);
    await (await silent.connection()).until('GET /wish');
    await eventually(() => plane.suspectedNodes.includes('CB_silent'));
    for (let n = 0; n < 4; n++) {
      const other = await clientFor(t, plane);
      other.send('GET /other HTTP/1.1\r\nHost: a\r\n\r\n');
      await other.until('\r\n\r\nwell');
    }
    await waiting.until('\r\n\r\nwell');
    assert.equal(plane.stats.snapshot().nodes[0]?.retries.stalled, 1);
  });

  it('who may not be sent again stays, and the node has it once', async (t) => {
    const { silent, plane } = await pairFor(t, { retries: { budget: 0, burst: 0 } });
    const waiting = await clientFor(t, plane);
    waiting.send(`GET /wish HTTP/1.1\r\nHost: a\r\n${TO_SILENT}\r\n`);
    const connection = await silent.connection();
    await connection.until('GET /wish');
    await eventually(() => plane.stats.retriesDenied > 0);
    connection.send(ok('late'));
    await waiting.until('\r\n\r\nlate');
    assert.equal(silent.connections.length, 1);
    assert.equal((await plane.recorded()).attempts, 1);
    assert.equal(plane.stats.retriesDenied, 1);
  });

  it('a node that holds long polls is none of these', async (t) => {
    const holding = await nodeFor(t);
    const mute = await nodeFor(t);
    const plane = await planeFor(t, [
      { name: 'CB_silent', port: holding.port },
      { name: 'CB_mute', port: mute.port },
    ]);
    const poll = await clientFor(t, plane);
    poll.send(`GET /cometd/connect HTTP/1.1\r\nHost: a\r\n${TO_SILENT}\r\n`);
    const held = await holding.connection();
    await held.until('GET /cometd/connect');
    // Another node's stall, of a request that came later, is the proof that the detector has looked meanwhile.
    const wish = await clientFor(t, plane);
    wish.send('POST /form HTTP/1.1\r\nHost: a\r\nCookie: gcbSessionServer=CB_mute\r\nContent-Length: 1\r\n\r\nx');
    await (await mute.connection()).until('\r\n\r\nx');
    await eventually(() => plane.suspectedNodes.length > 0);
    assert.deepEqual([...new Set(plane.suspectedNodes)], ['CB_mute']);
    assert.equal(poll.received, '');
    held.send(ok('polled'));
    await poll.until('polled');
  });
});
