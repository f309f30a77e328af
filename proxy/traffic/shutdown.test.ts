/** The end of a data plane: what is under way is finished, nothing new begins, and the deadline holds. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { eventually } from '../testing/eventually.ts';
import { clientFor, nodeFor, planeBefore } from '../testing/for-test.ts';
import { answering, ok } from '../testing/raw-node.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const UPGRADE = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const MINUTE = 60_000;

describe('shutting down', () => {
  it('lets a request in flight finish, and closes its connection', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(GET);
    const connection = await node.connection();
    await connection.until('\r\n\r\n');
    const down = plane.plane.shutdown(MINUTE);
    connection.send(ok());
    assert.match(await client.untilEnd(), /^HTTP\/1\.1 200 OK\r\n.*\r\nConnection: close\r\n\r\nok$/s);
    client.close();
    await down;
    await connection.untilEnded();
    assert.equal((await plane.recorded()).termination, 'completed');
  });

  it('lets an upload and an answer that have begun finish', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
    const connection = await node.connection();
    await connection.until('hello');
    const down = plane.plane.shutdown(MINUTE);
    client.send('0\r\n\r\n');
    await connection.until('0\r\n\r\n');
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nte');
    await client.until('te');
    connection.send('st');
    assert.match(await client.untilEnd(), /test$/);
    client.close();
    await down;
  });

  it('serves a request whose head has begun to come', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send('GET / HTTP/1.1\r\n');
    // Whoever comes later is served first: then the bytes before have been read.
    const other = await clientFor(t, plane);
    other.send(GET);
    await other.until('\r\n\r\nok');
    const down = plane.plane.shutdown(MINUTE);
    client.send('Host: a\r\n\r\n');
    assert.match(await client.untilEnd(), /\r\nConnection: close\r\n\r\nok$/);
    client.close();
    other.close();
    await down;
  });

  it('closes idle connections at once, of clients and to nodes', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node);
    const [used, unused] = [await clientFor(t, plane), await clientFor(t, plane)];
    used.send(GET);
    await used.until('\r\n\r\nok');
    await eventually(() => plane.stats.clientConnections === 2);
    const down = plane.plane.shutdown(MINUTE);
    await Promise.all([used.untilEnd(), unused.untilEnd()]);
    await (await node.connection()).untilEnded();
    used.close();
    unused.close();
    await down;
    assert.equal(plane.stats.clientConnections, 0);
  });

  it('refuses new connections', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(GET);
    await node.connection();
    const down = plane.plane.shutdown(MINUTE);
    const [error] = await once(connect({ host: '127.0.0.1', port: plane.port }), 'error');
    assert.equal((error as NodeJS.ErrnoException).code, 'ECONNREFUSED');
    client.socket.resetAndDestroy();
    await down;
  });

  it('is over at once when there is nothing to finish', async (t) => {
    const plane = await planeBefore(t, { port: 9 });
    await plane.plane.shutdown(MINUTE);
  });
});

describe('the deadline of shutting down', () => {
  it('ends tunnels, though their clients do not close', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(UPGRADE);
    const connection = await node.connection();
    connection.send(SWITCHING);
    await client.until('\r\n\r\n');
    await plane.plane.shutdown(300);
    await client.untilEnd();
    await connection.untilEnded();
    assert.equal((await plane.recorded()).termination, 'shutdown');
    assert.deepEqual([plane.stats.tunnels[0], plane.stats.inFlight, plane.stats.clientConnections], [0, 0, 0]);
  });

  it('refuses what no node has answered', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(GET);
    const connection = await node.connection();
    await connection.until('\r\n\r\n');
    await plane.plane.shutdown(100);
    assert.match(await client.untilEnd(), /^HTTP\/1\.1 503 .*\r\nConnection: close\r\n/s);
    await connection.untilEnded();
  });

  it('cuts off an answer that is under way, so that it does not look complete', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send('GET / HTTP/1.0\r\n\r\n');
    (await node.connection()).send('HTTP/1.1 200 OK\r\n\r\nhello');
    await client.until('hello');
    await plane.plane.shutdown(100);
    await client.untilEnd();
    assert.equal(client.reset, true);
    assert.equal((await plane.recorded()).termination, 'shutdown');
  });

  it('does not wait for a client that does not take its answer', async (t) => {
    const node = await nodeFor(t, (connection) => connection.send(ok('x'.repeat(20_000_000))));
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.socket.pause();
    client.send(GET);
    await eventually(() => plane.stats.inFlight === 1);
    await plane.plane.shutdown(300);
    assert.equal(plane.stats.clientConnections, 0);
  });
});
