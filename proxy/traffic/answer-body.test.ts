/** Answer bodies on their way to the client, in the framing that it understands. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { describe, it } from 'node:test';
import { serveHttp } from '../pool/testing/servers.ts';
import { clientFor, nodeFor, planeBefore } from '../testing/for-test.ts';
import { ask } from '../testing/http-client.ts';
import { exchangeRaw } from '../testing/raw-client.ts';
import { answering, type NodeSocket, ok } from '../testing/raw-node.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const GET_AND_CLOSE = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

/** Answers without a length, and ends it by closing. */
function untilClose(body: string): (connection: NodeSocket) => void {
  return (connection) => connection.socket.end(`HTTP/1.1 200 OK\r\n\r\n${body}`, 'latin1');
}

describe('an answer body', () => {
  for (const size of [0, 1, 8192, 8193, 65_536, 3_000_000]) {
    it(`of ${size} bytes arrives unchanged with its length`, async (t) => {
      const body = randomBytes(size);
      const port = await serveHttp(t, (_request, response) => {
        response.writeHead(200, { 'Content-Length': size }).end(body);
      });
      const plane = await planeBefore(t, { port });
      const answer = await ask(plane.port);
      assert.equal(answer.headers['content-length'], `${size}`);
      assert.equal(answer.headers['transfer-encoding'], undefined);
      assert.ok(body.equals(Buffer.from(answer.body, 'latin1')));
    });

    it(`of ${size} bytes arrives unchanged in chunks`, async (t) => {
      const body = randomBytes(size);
      const port = await serveHttp(t, (_request, response) => {
        response.writeHead(200, { 'Transfer-Encoding': 'chunked' }).end(body);
      });
      const plane = await planeBefore(t, { port });
      const answer = await ask(plane.port);
      assert.equal(answer.headers['transfer-encoding'], 'chunked');
      assert.ok(body.equals(Buffer.from(answer.body, 'latin1')));
    });
  }

  it('brings its trailers', async (t) => {
    const port = await serveHttp(t, (_request, response) => {
      response.writeHead(200, { 'Transfer-Encoding': 'chunked' }).write('hello');
      response.addTrailers({ 'X-Checksum': 'abc' });
      response.end();
    });
    const plane = await planeBefore(t, { port });
    const outgoing = request({ host: '127.0.0.1', port: plane.port, agent: false }).end();
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    await incoming.resume().toArray();
    assert.deepEqual({ ...incoming.trailers }, { 'x-checksum': 'abc' });
  });

  it('in chunks reaches an HTTP/1.0 client without the coding, ended by closing', async (t) => {
    const node = await nodeFor(
      t,
      answering(
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\nX-End: 1\r\n\r\n',
      ),
    );
    const plane = await planeBefore(t, node);
    const answer = await exchangeRaw(plane.port, 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    assert.match(answer, /\r\nConnection: close\r\n\r\nhello world$/);
    assert.doesNotMatch(answer, /chunked/i);
  });

  it('that the node ends by closing reaches an HTTP/1.1 client in chunks, whose connection lives on', async (t) => {
    const node = await nodeFor(t, untilClose('hello world'));
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(GET);
    assert.match(
      await client.until('0\r\n\r\n'),
      /\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n$/,
    );
    client.send(GET_AND_CLOSE);
    assert.equal((await client.untilEnd()).split('hello world').length, 3);
  });

  it('that the node ends by closing reaches an HTTP/1.0 client the same way', async (t) => {
    const node = await nodeFor(t, untilClose('hello world'));
    const plane = await planeBefore(t, node);
    assert.match(await exchangeRaw(plane.port, 'GET / HTTP/1.0\r\n\r\n'), /\r\nConnection: close\r\n\r\nhello world$/);
  });

  it('begins to arrive at once: the first bytes of a stream are not held back', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(GET);
    const connection = await node.connection();
    await connection.until('\r\n\r\n');
    connection.send('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n');
    await client.until('\r\n\r\n');
    connection.send('9\r\ndata: 1\n\n\r\n');
    await client.until('9\r\ndata: 1\n\n\r\n');
    connection.send('9\r\ndata: ');
    await client.until((received) => received.includes('data: ', received.indexOf('data: 1') + 6));
    connection.send('2\n\n\r\n');
    await client.until('2\n\n');
  });
});

describe('an answer without a body', () => {
  const cases = [
    { name: 'to a HEAD', method: 'HEAD', answer: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n' },
    { name: 'to a HEAD, of chunks', method: 'HEAD', answer: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n' },
    { name: 'to a HEAD, of no length', method: 'HEAD', answer: 'HTTP/1.1 200 OK\r\n\r\n' },
    { name: 'of status 304', method: 'GET', answer: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n' },
    { name: 'of status 204', method: 'GET', answer: 'HTTP/1.1 204 No Content\r\n\r\n' },
    { name: 'of status 204 with a length', method: 'GET', answer: 'HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n' },
  ];
  for (const { name, method, answer } of cases) {
    it(`${name} ends with its head, and both connections live on`, async (t) => {
      let answers = 0;
      const node = await nodeFor(t, (connection) => connection.send(answers++ === 0 ? answer : ok('next')));
      const plane = await planeBefore(t, node);
      const client = await clientFor(t, plane);
      client.send(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
      await client.until('\r\n\r\n');
      client.send(GET_AND_CLOSE);
      assert.match(await client.untilEnd(), /^HTTP\/1\.1 [23][^\n]*\r\n(?:[^\r\n]+\r\n)*\r\nHTTP\/1\.1 200 .*next$/s);
      assert.equal(node.connections.length, 1);
    });
  }
});
