/** Connections live on after an answer, on both sides, and each side by its own rules. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { clientFor, nodeFor, planeBefore } from '../testing/for-test.ts';
import { exchangeRaw } from '../testing/raw-client.ts';
import { answering, ok } from '../testing/raw-node.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

describe('keep-alive', () => {
  it('carries many requests of one client over one connection on each side', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    for (let n = 1; n <= 20; n++) {
      client.send(GET);
      await client.until((received) => count(received, '\r\n\r\nok') === n);
    }
    assert.equal(node.connections.length, 1);
    assert.equal(plane.stats.connectionsAccepted, 1);
    assert.equal(client.ended, false);
  });

  it('takes the empty line of an old client after a body for nothing', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(`${GET}\r\n`);
    await client.until('\r\n\r\nok');
    client.send(`${GET}\r\n`);
    await client.until((received) => count(received, '\r\n\r\nok') === 2);
    client.socket.end();
    assert.equal(count(await client.untilEnd(), 'HTTP/1.1 '), 2);
  });

  it('serves clients one after the other over one node connection', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node);
    for (let n = 0; n < 10; n++) {
      const answer = await exchangeRaw(plane.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      assert.match(answer, /\r\nConnection: close\r\n/);
    }
    assert.equal(node.connections.length, 1);
    assert.equal(plane.stats.connectionsAccepted, 10);
  });

  it('opens one node connection for each request that is under way at once, and keeps them', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    for (const round of [1, 2]) {
      const clients = await Promise.all([1, 2, 3].map(() => clientFor(t, plane)));
      for (const client of clients) client.send(GET);
      await node.when(() => (count(node.received, '\r\n\r\n') === 3 * round ? true : undefined));
      for (const connection of node.connections) connection.send(ok());
      await Promise.all(clients.map((client) => client.until('\r\n\r\nok')));
    }
    assert.equal(node.connections.length, 3);
  });

  it('keeps the connection of a client whose node closes its own', async (t) => {
    const node = await nodeFor(t, answering('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'));
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(GET);
    assert.doesNotMatch(await client.until('\r\n\r\nok'), /Connection/i);
    client.send(GET);
    await client.until((received) => count(received, '\r\n\r\nok') === 2);
    assert.equal(node.connections.length, 2);
  });

  it('takes no second request to a node that speaks HTTP/1.0', async (t) => {
    const node = await nodeFor(t, answering('HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(GET);
    assert.match(await client.until('\r\n\r\nok'), /^HTTP\/1\.1 200 OK\r\n/);
    client.send(GET);
    await client.until((received) => count(received, '\r\n\r\nok') === 2);
    assert.equal(node.connections.length, 2);
  });

  it('closes after the answer to an HTTP/1.0 client that does not ask for more', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node);
    assert.match(await exchangeRaw(plane.port, 'GET / HTTP/1.0\r\n\r\n'), /\r\nConnection: close\r\n\r\nok$/);
  });

  it('closes after the whole answer to each of many clients that ask at once', async (t) => {
    const node = await nodeFor(t, answering(ok('whole'.repeat(200))));
    const plane = await planeBefore(t, node);
    const closing = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
    const answers = await Promise.all(Array.from({ length: 100 }, () => exchangeRaw(plane.port, closing)));
    for (const answer of answers) assert.equal(answer.split('\r\n\r\n')[1], 'whole'.repeat(200));
    assert.equal(plane.stats.connectionsAccepted, 100);
  });

  it('lives on for an HTTP/1.0 client that asks for it, and says so', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    assert.match(await client.until('\r\n\r\nok'), /\r\nConnection: keep-alive\r\n/);
    client.send('GET / HTTP/1.0\r\n\r\n');
    assert.equal(count(await client.untilEnd(), '\r\n\r\nok'), 2);
    assert.equal(node.connections.length, 1);
  });

  it('reads on after the last answer to a body: the empty line of an old client resets nothing', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody');
    assert.match(await client.untilEnd(), /\r\n\r\nok$/);
    // After a reset by the first, the second write fails.
    client.send('\r');
    client.send('\n');
    client.socket.end();
    await once(client.socket, 'close');
    assert.equal(client.reset, false);
  });

  it('answers a client that closes its sending side with the request, then closes', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.socket.end(GET);
    assert.match(await client.untilEnd(), /\r\n\r\nok$/);
  });
});
