/** `maxConnections`: what a node may not take yet waits, within bounds, or goes elsewhere. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../testing/eventually.ts';
import { clientFor, nodeFor, planeFor } from '../testing/for-test.ts';
import { answering, ok } from '../testing/raw-node.ts';

const bound = (path: string): string =>
  `GET /cometd/${path} HTTP/1.1\r\nHost: a\r\nCookie: gcbSessionServer=CB_1\r\n\r\n`;

describe('a node with as many connections as it may have', () => {
  it('gets what waited for it over the connection that comes free, first come first', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeFor(t, [{ name: 'CB_1', port: node.port, maxConnections: 1 }], { workers: 1 });
    const [first, second, third] = await Promise.all([1, 2, 3].map(() => clientFor(t, plane)));
    assert.ok(first && second && third);
    first.send(bound('1'));
    const connection = await node.connection();
    await connection.until('GET /cometd/1 ');
    second.send(bound('2'));
    await eventually(() => plane.stats.inFlight === 2);
    third.send(bound('3'));
    await eventually(() => plane.stats.inFlight === 3);
    connection.send(ok('one'));
    await first.until('one');
    await connection.until('GET /cometd/2 ');
    connection.send(ok('two'));
    await second.until('two');
    // When the connection closes, the next in the queue gets a new one.
    connection.socket.end();
    const fresh = await node.connection(1);
    await fresh.until('GET /cometd/3 ');
    fresh.send(ok('three'));
    await third.until('three');
    assert.equal(node.connections.length, 2);
  });

  it('refuses what has waited too long, and what finds the queue full', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeFor(t, [{ name: 'CB_1', port: node.port, maxConnections: 1 }], {
      workers: 1,
      queue: { length: 1, timeout: '2s' },
    });
    const [first, second, third] = await Promise.all([1, 2, 3].map(() => clientFor(t, plane)));
    assert.ok(first && second && third);
    first.send(bound('1'));
    await (await node.connection()).until('GET /cometd/1 ');
    second.send(bound('2'));
    await eventually(() => plane.stats.inFlight === 2);
    third.send(bound('3'));
    assert.match(await third.untilEnd(), /^HTTP\/1\.1 503 .*Retry-After.*"node_busy"/s);
    assert.match(await second.untilEnd(), /^HTTP\/1\.1 503 .*"node_busy"/s);
    assert.doesNotMatch(node.received, /cometd\/[23]/);
    assert.equal(plane.plane.load.active(0), 1);
  });

  it('forgets who leaves the queue', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeFor(t, [{ name: 'CB_1', port: node.port, maxConnections: 1 }], { workers: 1 });
    const [first, second] = await Promise.all([1, 2].map(() => clientFor(t, plane)));
    assert.ok(first && second);
    first.send(bound('1'));
    const connection = await node.connection();
    await connection.until('GET /cometd/1 ');
    second.send(bound('2'));
    await eventually(() => plane.stats.inFlight === 2);
    second.socket.resetAndDestroy();
    await eventually(() => plane.stats.inFlight === 1);
    connection.send(ok('one'));
    await first.until('one');
    assert.doesNotMatch(node.received, /cometd\/2/);
  });

  it('is passed over for a request that nothing binds', async (t) => {
    const busy = await nodeFor(t);
    const free = await nodeFor(t, answering(ok('free')));
    const nodes = [
      { name: 'CB_1', port: busy.port, maxConnections: 1 },
      { name: 'CB_2', port: free.port },
    ];
    const plane = await planeFor(t, nodes, { workers: 1, balance: 'round-robin' });
    const holder = await clientFor(t, plane);
    holder.send(bound('1'));
    await busy.connection();
    for (let n = 0; n < 4; n++) {
      const client = await clientFor(t, plane);
      client.send('GET /any HTTP/1.1\r\nHost: a\r\n\r\n');
      await client.until('\r\n\r\nfree');
    }
  });
});
