/** A node answers before it has the whole request: the answer arrives whole, then the connection closes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serveHttp } from '../pool/testing/servers.ts';
import { clientFor, nodeFor, planeBefore } from '../testing/for-test.ts';
import { ok } from '../testing/raw-node.ts';

const UPLOAD = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n';

describe('a node that answers before the upload ends', () => {
  for (const size of [2, 100_000]) {
    it(`with ${size} bytes: they arrive, the connection closes, and the rest is no next request`, async (t) => {
      const node = await nodeFor(t);
      const plane = await planeBefore(t, node);
      const client = await clientFor(t, plane);
      client.send(`${UPLOAD}begin`);
      const connection = await node.connection();
      await connection.until('begin');
      connection.send(ok('x'.repeat(size)));
      client.send('GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n');
      const answer = await client.untilEnd();
      assert.match(answer, /^HTTP\/1\.1 200 OK\r\nContent-Length: \d+\r\nConnection: close\r\n\r\nx+$/);
      assert.ok(answer.endsWith('x'.repeat(size)));
      assert.equal(client.reset, false);
      assert.equal(plane.records.length, 1);
      assert.equal(plane.records[0]?.termination, 'early-answer');
    });
  }

  it('is not used again: on its connection the upload is still due', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(UPLOAD);
    const connection = await node.connection();
    await connection.until('\r\n\r\n');
    connection.send(ok());
    await client.untilEnd();
    await connection.untilEnded();
  });

  it('while the client keeps sending: the answer survives what is still on its way', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    const connection = await node.connection();
    await connection.until('\r\n\r\n');
    const piece = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    const sending = setInterval(() => client.send(piece), 1);
    t.after(() => clearInterval(sending));
    connection.send(ok('rejected'));
    assert.match(await client.untilEnd(), /\r\n\r\nrejected$/);
    assert.equal(client.reset, false);
  });

  it('and streams it goes on with both: an answer may begin while the request still runs', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n');
    const connection = await node.connection();
    await connection.until('1\r\na\r\n');
    connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nA\r\n');
    await client.until('1\r\nA\r\n');
    client.send('1\r\nb\r\n0\r\n\r\n');
    await connection.until('1\r\nb\r\n0\r\n\r\n');
    connection.send('1\r\nB\r\n0\r\n\r\n');
    assert.match(await client.until('0\r\n\r\n'), /1\r\nA\r\n1\r\nB\r\n0\r\n\r\n$/);
    assert.equal((await plane.recorded()).termination, 'completed');
  });

  it('refuses a large upload as node:http does, without reading it', async (t) => {
    const port = await serveHttp(t, (_request, response) => {
      response.writeHead(413, { Connection: 'close' }).end('too much');
    });
    const plane = await planeBefore(t, { port });
    const client = await clientFor(t, plane);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n');
    const sending = setInterval(() => client.send(Buffer.alloc(65_536)), 1);
    t.after(() => clearInterval(sending));
    assert.match(await client.untilEnd(), /^HTTP\/1\.1 413 .*too much/s);
  });
});
