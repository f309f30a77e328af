/** Who is slow is let go in time, and only who is slow. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { deafPort } from '../testing/deaf-port.ts';
import { clientFor, nodeFor, planeBefore, planeFor } from '../testing/for-test.ts';
import { ask } from '../testing/http-client.ts';
import { answering, ok } from '../testing/raw-node.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('a client', () => {
  it('that says its head byte by byte gets 408 in time, while others are served', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node, { timeouts: { head: '1500ms' } });
    const slow = await clientFor(t, plane);
    let said = 0;
    const saying = setInterval(
      () => slow.send(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(1000)}`[said++] ?? 'y'),
      20,
    );
    t.after(() => clearInterval(saying));
    let served = 0;
    while (!slow.ended) {
      assert.equal((await ask(plane.port)).status, 200);
      served++;
      await sleep(20);
    }
    assert.match(slow.received, /^HTTP\/1\.1 408 .*"request_timeout"/s);
    assert.ok(served > 1, 'nobody was served meanwhile');
    assert.ok(plane.records.some(({ termination, status }) => termination === 'client-timeout' && status === 408));
  });

  it('that stops within its body gets 408, and the node is let go', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node, { timeouts: { body: '200ms' } });
    const client = await clientFor(t, plane);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello');
    const connection = await node.connection();
    assert.match(await client.untilEnd(), /^HTTP\/1\.1 408 /);
    await connection.untilEnded();
    assert.equal((await plane.recorded()).termination, 'client-timeout');
  });

  it('that connects and says nothing is closed without a word', async (t) => {
    const plane = await planeBefore(t, { port: 9 }, { timeouts: { head: '200ms' } });
    const client = await clientFor(t, plane);
    assert.equal(await client.untilEnd(), '');
  });

  it('that keeps its connection but asks nothing more is closed without a word', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node, { timeouts: { idle: '200ms' } });
    const client = await clientFor(t, plane);
    client.send(GET);
    assert.match(await client.untilEnd(), /^HTTP\/1\.1 200 OK\r\nContent-Length: 2\r\n\r\nok$/);
  });

  it('that begins a second request in time may finish it', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node, { timeouts: { idle: '300ms', head: '1m' } });
    const client = await clientFor(t, plane);
    client.send(`${GET}GET /second HTTP/1.1\r\n`);
    await client.until('\r\n\r\nok');
    await sleep(600);
    client.send('Host: a\r\n\r\n');
    await client.until((received) => received.split('\r\n\r\nok').length === 3);
  });

  it('that does not take its answer is cut off, and the node is let go', async (t) => {
    const node = await nodeFor(t, (connection) => connection.send(ok('x'.repeat(20_000_000))));
    const plane = await planeBefore(t, node, { timeouts: { stall: '1s' } });
    const client = await clientFor(t, plane);
    client.socket.pause();
    client.send(GET);
    assert.equal((await plane.recorded()).termination, 'client-stalled');
    await (await node.connection()).untilClosed();
    client.socket.resume();
    await client.untilEnd();
    assert.equal(client.reset, true);
  });

  it('that takes the last of its answer late gets all of it, though its end is the closing', async (t) => {
    const size = 12_000_000;
    const node = await nodeFor(t, (connection) => {
      connection.socket.end(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(size)}`, 'latin1');
    });
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.socket.pause();
    client.send('GET / HTTP/1.0\r\n\r\n');
    // Until the last of it is in this process, nothing but that is left to do.
    client.socket.on('data', () => {
      if (plane.records.length > 0) return;
      client.socket.pause();
      setTimeout(() => client.socket.resume(), 1);
    });
    client.socket.resume();
    await plane.recorded();
    client.socket.pause();
    await sleep(2_500);
    client.socket.resume();
    const answer = await client.untilEnd();
    assert.equal(answer.length - answer.indexOf('\r\n\r\n') - 4, size);
  });
});

describe('a node', () => {
  it('that does not answer is a 504, and its connection is dropped', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node, { timeouts: { answer: '200ms' } });
    const client = await clientFor(t, plane);
    client.send(GET);
    assert.match(await client.untilEnd(), /^HTTP\/1\.1 504 .*"node_timeout"/s);
    await (await node.connection()).untilEnded();
    assert.equal((await plane.recorded()).termination, 'node-timeout');
  });

  it('that does not take an upload is a 504', async (t) => {
    const node = await nodeFor(t, ({ socket }) => socket.pause());
    const plane = await planeBefore(t, node, { timeouts: { stall: '300ms' } });
    const client = await clientFor(t, plane);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n');
    client.send(Buffer.alloc(20_000_000));
    assert.match(await client.untilEnd(), /^HTTP\/1\.1 504 /);
  });

  it('that stops within its answer is broken off', async (t) => {
    const node = await nodeFor(t, answering('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello'));
    const plane = await planeBefore(t, node, { timeouts: { stall: '200ms' } });
    const client = await clientFor(t, plane);
    client.send(GET);
    assert.match(await client.untilEnd(), /hello$/);
    assert.equal(client.reset, true);
    assert.equal((await plane.recorded()).termination, 'node-timeout');
  });

  it('that does not take connections is given up for another', async (t) => {
    const deaf = await deafPort(t);
    const node = await nodeFor(t, answering(ok('other')));
    const plane = await planeFor(
      t,
      [
        { name: 'deaf', port: deaf.port },
        { name: 'other', port: node.port },
      ],
      { timeouts: { connect: '200ms' } },
    );
    const answer = await ask(plane.port, { headers: { cookie: 'gcbSessionServer=deaf' } });
    assert.equal(answer.body, 'other');
    assert.equal((await plane.recorded()).attempts, 2);
  });
});

describe('short timeouts elsewhere', { concurrency: true }, () => {
  const SHORT = { head: '200ms', idle: '200ms', body: '800ms', connect: '200ms' };

  it('do not end a quiet long poll', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node, { timeouts: { ...SHORT, stall: '200ms' } });
    const client = await clientFor(t, plane);
    client.send(GET);
    const connection = await node.connection();
    await connection.until('\r\n\r\n');
    await sleep(1000);
    connection.send(ok());
    await client.until('\r\n\r\nok');
  });

  it('do not end a quiet event stream', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node, { timeouts: { ...SHORT, answer: '200ms' } });
    const client = await clientFor(t, plane);
    client.send(GET);
    const connection = await node.connection();
    await connection.until('\r\n\r\n');
    connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n');
    await client.until('1\r\na\r\n');
    await sleep(1000);
    connection.send('1\r\nb\r\n0\r\n\r\n');
    await client.until('1\r\nb\r\n0\r\n\r\n');
  });

  it('do not end an upload that is slow but steady', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node, { timeouts: { ...SHORT, answer: '400ms', stall: '400ms' } });
    const client = await clientFor(t, plane);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n');
    for (let n = 0; n < 12; n++) {
      await sleep(100);
      client.send('x');
    }
    const connection = await node.connection();
    await connection.until('x'.repeat(12));
    connection.send(ok());
    await client.until('\r\n\r\nok');
  });
});
