/** A node that dies in the middle of its answer: the client must see that it is broken off, never a clean end. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clientFor, nodeFor, planeBefore } from '../testing/for-test.ts';
import { ask } from '../testing/http-client.ts';

const BEGINNINGS = {
  length: 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello',
  chunked: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
  'chunked, within a chunk': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhello',
  'chunked, before the trailers end':
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-End: 1\r\n',
  close: 'HTTP/1.1 200 OK\r\n\r\nhello',
};

describe('a node that dies within its answer', () => {
  for (const version of ['1.1', '1.0']) {
    for (const [framing, beginning] of Object.entries(BEGINNINGS)) {
      for (const death of ['FIN', 'RST']) {
        // This one is complete: its end is the closing.
        if (framing === 'close' && death === 'FIN') continue;
        it(`(${framing}, ${death}) is seen as a reset by an HTTP/${version} client`, async (t) => {
          const node = await nodeFor(t);
          const plane = await planeBefore(t, node);
          const client = await clientFor(t, plane);
          client.send(`GET / HTTP/${version}\r\nHost: a\r\n\r\n`);
          const connection = await node.connection();
          await connection.until('\r\n\r\n');
          connection.send(beginning);
          await client.until('hello');
          if (death === 'FIN') connection.socket.end();
          else connection.socket.resetAndDestroy();
          const answer = await client.untilEnd();
          assert.equal(client.reset, true);
          assert.doesNotMatch(answer, /0\r\n\r\n$/);
          const record = await plane.recorded();
          assert.equal(record.termination, 'node-truncated');
          assert.equal(record.status, 200);
        });
      }
    }
  }

  it('is an error to an ordinary client, and the next request is served', async (t) => {
    let answers = 0;
    const node = await nodeFor(t, (connection) => {
      connection.socket.end(answers++ === 0 ? BEGINNINGS.chunked : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
    const plane = await planeBefore(t, node);
    await assert.rejects(ask(plane.port), { code: 'ECONNRESET' });
    assert.equal((await ask(plane.port)).body, 'ok');
  });
});

describe('a node that resets its connection together with the bytes before', () => {
  for (const version of ['1.1', '1.0']) {
    it(`is no clean end of an answer that ends by closing, for an HTTP/${version} client`, async (t) => {
      const node = await nodeFor(t, ({ socket }) => {
        socket.write(BEGINNINGS.close);
        socket.resetAndDestroy();
      });
      const plane = await planeBefore(t, node);
      const client = await clientFor(t, plane);
      client.send(`GET / HTTP/${version}\r\nHost: a\r\n\r\n`);
      assert.doesNotMatch(await client.untilEnd(), /0\r\n\r\n$/);
      assert.equal(client.reset, true);
      assert.notEqual((await plane.recorded()).termination, 'completed');
    });
  }
});

describe('an answer that turns out malformed', () => {
  it('is broken off at that place', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const connection = await node.connection();
    await connection.until('\r\n\r\n');
    connection.send(BEGINNINGS.chunked);
    await client.until('hello');
    connection.send('zz\r\n');
    await client.untilEnd();
    assert.equal(client.reset, true);
    assert.equal((await plane.recorded()).termination, 'node-invalid');
    await connection.untilEnded();
  });
});
