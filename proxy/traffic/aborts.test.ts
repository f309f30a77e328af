/** Clients that give up: nothing of them stays, on any side. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { deafPort } from '../testing/deaf-port.ts';
import { eventually } from '../testing/eventually.ts';
import { clientFor, nodeFor, planeBefore } from '../testing/for-test.ts';
import { RawClient } from '../testing/raw-client.ts';
import { ok } from '../testing/raw-node.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const STREAM = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n';

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;
}

describe('a client that aborts', () => {
  it('in the middle of a download: the node connection closes', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(GET);
    const connection = await node.connection();
    await connection.until('\r\n\r\n');
    connection.send(STREAM);
    await client.until('hello');
    client.socket.resetAndDestroy();
    await connection.untilEnded();
    assert.equal((await plane.recorded()).termination, 'client-abort');
  });

  it('by a mere FIN in the middle of a quiet stream: the node connection closes', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(GET);
    const connection = await node.connection();
    await connection.until('\r\n\r\n');
    connection.send(STREAM);
    await client.until('hello');
    client.socket.destroy();
    await connection.untilEnded();
    assert.equal((await plane.recorded()).termination, 'client-abort');
  });

  it('by a mere FIN while it waits for the answer: the node connection closes', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(GET);
    const connection = await node.connection();
    await connection.until('\r\n\r\n');
    // A FIN that comes together with the request says only that the client has no other.
    await sleep(400);
    client.socket.destroy();
    await connection.untilEnded();
    assert.equal((await plane.recorded()).status, 0);
  });

  it('in the middle of an upload: the node never sees its end', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello');
    const connection = await node.connection();
    await connection.until('hello');
    client.socket.end();
    await connection.untilEnded();
    assert.match(connection.received, /hello$/);
    assert.equal((await plane.recorded()).termination, 'client-abort');
  });

  it('while it waits for the answer: the node connection closes', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(GET);
    const connection = await node.connection();
    await connection.until('\r\n\r\n');
    client.socket.resetAndDestroy();
    await connection.untilEnded();
    const record = await plane.recorded();
    assert.equal(record.termination, 'client-abort');
    assert.equal(record.status, 0);
  });

  it('after a body that was all here before its node was known: the node connection closes', async (t) => {
    const node = await nodeFor(t);
    // The node is asked whose session it is, and says nothing.
    const plane = await planeBefore(t, node, { affinity: { lookup: { timeout: '300ms' } } });
    const client = await clientFor(t, plane);
    const body = 'x'.repeat(100_000);
    client.send(`GET /rest/live/sessions/1 HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    const connection = await node.connection(1);
    await connection.until((received) => received.endsWith(body));
    client.socket.resetAndDestroy();
    await connection.untilEnded();
  });

  it('while a node connection is being opened: its request is never sent', async (t) => {
    const deaf = await deafPort(t);
    const plane = await planeBefore(t, deaf, { timeouts: { connect: '1m' } });
    const client = await clientFor(t, plane);
    client.send(GET);
    await eventually(() => plane.stats.nodeConnections[0] === 1);
    client.socket.resetAndDestroy();
    const record = await plane.recorded();
    assert.equal(record.termination, 'client-abort');
    assert.equal(record.connectMs, -1, 'the port answered after all');
    assert.equal(await deaf.listen(), '');
    await eventually(() => plane.stats.nodeConnections[0] === 0);
  });

  it('leaves no request behind on the connection that the next client gets', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const first = await clientFor(t, plane);
    first.send(GET);
    const connection = await node.connection();
    await connection.until('\r\n\r\n');
    first.socket.resetAndDestroy();
    await plane.recorded();
    connection.send(ok('first'));
    const second = await clientFor(t, plane);
    second.send(GET);
    (await node.connection(1)).send(ok('second'));
    assert.match(await second.until('\r\n\r\n'), /second$/);
  });
});

describe('many clients that abort', () => {
  it('100: one node connection each, and no spurious ones', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const clients = await Promise.all(Array.from({ length: 100 }, () => clientFor(t, plane)));
    for (const client of clients) client.send(GET);
    await node.when(() => (node.received.split('\r\n\r\n').length === 101 ? true : undefined));
    for (const { socket } of clients) socket.resetAndDestroy();
    await node.when(() => (node.connections.every(({ ended }) => ended) ? true : undefined));
    await plane.recorded(() => plane.records.length === 100);
    assert.equal(node.connections.length, 100);
  });

  it('1,000 in the middle of a download: sockets stay flat', async (t) => {
    const node = await nodeFor(t, (connection) => {
      connection.send(STREAM);
      connection.socket.once('end', () => connection.socket.destroy());
    });
    const plane = await planeBefore(t, node);
    const before = openSockets();
    for (let round = 1; round <= 20; round++) {
      const clients = await Promise.all(Array.from({ length: 50 }, () => RawClient.open(plane.port)));
      for (const client of clients) client.send(GET);
      await Promise.all(clients.map((client) => client.until('hello')));
      for (const { socket } of clients) socket.resetAndDestroy();
      await plane.recorded(() => plane.records.length === round * 50);
      await node.when(() => (node.connections.every(({ closed }) => closed) ? true : undefined));
    }
    const { stats } = plane;
    await eventually(() => stats.nodeConnections[0] === 0 && stats.clientConnections === 0);
    assert.equal(stats.inFlight, 0);
    assert.ok(openSockets() <= before, `${openSockets()} sockets are open, ${before} before`);
    assert.ok(plane.records.every(({ termination }) => termination === 'client-abort'));
  });
});
