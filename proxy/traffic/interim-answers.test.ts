/** 1xx answers, and the uploads that wait for one. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { describe, it } from 'node:test';
import { serveHttp } from '../pool/testing/servers.ts';
import { clientFor, nodeFor, planeBefore } from '../testing/for-test.ts';
import { ok } from '../testing/raw-node.ts';

const EXPECTING = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n';
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

describe('an upload that expects 100-continue', () => {
  it('is sent after the 100 of a real node', async (t) => {
    const port = await serveHttp(t, async (request, response) => {
      response.end((await request.setEncoding('utf8').toArray()).join(''));
    });
    const plane = await planeBefore(t, { port });
    const outgoing = request({ host: '127.0.0.1', port: plane.port, method: 'POST', agent: false });
    outgoing.setHeader('Expect', '100-continue').setHeader('Content-Length', 5);
    outgoing.flushHeaders();
    await once(outgoing, 'continue');
    outgoing.end('hello');
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    assert.equal((await incoming.setEncoding('utf8').toArray()).join(''), 'hello');
  });

  it('gets a final answer in place of the 100 whole, then its connection closes', async (t) => {
    const node = await nodeFor(t, (connection) => {
      connection.send('HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno');
    });
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(EXPECTING);
    assert.match(await client.untilEnd(), /^HTTP\/1\.1 417 .*\r\nConnection: close\r\n\r\nno$/s);
    assert.equal((await plane.recorded()).termination, 'early-answer');
  });

  it('may come without waiting', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(`${EXPECTING}hello`);
    const connection = await node.connection();
    await connection.until('\r\n\r\nhello');
    connection.send(CONTINUE + ok());
    await client.until('\r\n\r\nok');
    client.send('GET /next HTTP/1.1\r\nHost: a\r\n\r\n');
    await connection.until('GET /next ');
  });
});

describe('an interim answer', () => {
  const EARLY_HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n';

  it('103 reaches an HTTP/1.1 client before the final one', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const connection = await node.connection();
    await connection.until('\r\n\r\n');
    connection.send(EARLY_HINTS);
    assert.equal(await client.until('\r\n\r\n'), EARLY_HINTS);
    connection.send(EARLY_HINTS + ok());
    await client.until(`${EARLY_HINTS}${EARLY_HINTS}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`);
  });

  it('is no answer to an HTTP/1.0 client', async (t) => {
    const node = await nodeFor(t, (connection) => connection.send(EARLY_HINTS + CONTINUE + ok()));
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send('GET / HTTP/1.0\r\n\r\n');
    assert.match(await client.untilEnd(), /^HTTP\/1\.1 200 OK\r\n/);
  });

  it('100 that nobody asked for is dropped', async (t) => {
    const node = await nodeFor(t, (connection) => connection.send(CONTINUE + CONTINUE + ok()));
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.match(await client.until('\r\n\r\nok'), /^HTTP\/1\.1 200 OK\r\n/);
  });

  it('that comes in pieces is one all the same', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const connection = await node.connection();
    for (const byte of EARLY_HINTS + ok()) {
      connection.send(byte);
      await new Promise(setImmediate);
    }
    assert.ok((await client.until('\r\n\r\nok')).startsWith(`${EARLY_HINTS}HTTP/1.1 200 OK\r\n`));
  });

  it('101 that nobody asked for is a broken answer: 502', async (t) => {
    const node = await nodeFor(t, (connection) => {
      connection.send('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    });
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.match(await client.untilEnd(), /^HTTP\/1\.1 502 .*"node_answer_invalid"/s);
    await (await node.connection()).untilEnded();
  });
});
