/** Request bodies on their way to a node. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { serveHttp } from '../pool/testing/servers.ts';
import { clientFor, nodeFor, planeBefore } from '../testing/for-test.ts';
import { ask, refusalCode } from '../testing/http-client.ts';
import { exchangeRaw } from '../testing/raw-client.ts';
import { ok } from '../testing/raw-node.ts';

const CHUNKED = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A node that answers with the framing and the digest of the body it got. */
function digestingNode(t: TestContext): Promise<number> {
  return serveHttp(t, async (request, response) => {
    const hash = createHash('sha256');
    for await (const chunk of request) hash.update(chunk);
    const { 'content-length': length = '-', 'transfer-encoding': coding = '-' } = request.headers;
    response.end(`${length} ${coding} ${hash.digest('hex')} ${JSON.stringify(request.trailers)}`);
  });
}

describe('a request body', () => {
  for (const size of [0, 1, 4096, 4097, 65_536, 2_000_000]) {
    it(`of ${size} bytes arrives unchanged with its length`, async (t) => {
      const plane = await planeBefore(t, { port: await digestingNode(t) });
      const body = randomBytes(size);
      const headers = { 'Content-Length': `${size}` };
      const answer = await ask(plane.port, { method: 'POST', headers, body });
      assert.equal(answer.body, `${size} - ${digest(body)} {}`);
    });

    it(`of ${size} bytes arrives unchanged in chunks`, async (t) => {
      const plane = await planeBefore(t, { port: await digestingNode(t) });
      const body = randomBytes(size);
      const headers = { 'Transfer-Encoding': 'chunked' };
      const answer = await ask(plane.port, { method: 'POST', headers, body });
      assert.equal(answer.body, `- chunked ${digest(body)} {}`);
    });
  }

  it('brings its trailers, without those that would change the message', async (t) => {
    const plane = await planeBefore(t, { port: await digestingNode(t) });
    const outgoing = request({ host: '127.0.0.1', port: plane.port, method: 'POST', agent: false });
    outgoing.setHeader('Transfer-Encoding', 'chunked');
    outgoing.write('hello');
    outgoing.addTrailers({ 'X-Checksum': 'abc', Authorization: 'Basic YTpi', Cookie: 'gcbSessionServer=CB_2' });
    outgoing.end();
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    assert.match((await incoming.setEncoding('utf8').toArray()).join(''), / \{"x-checksum":"abc"\}$/);
  });

  it('is whole though each of its bytes comes by itself', async (t) => {
    const plane = await planeBefore(t, { port: await digestingNode(t) });
    const client = await clientFor(t, plane);
    for (const byte of `${CHUNKED}5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nX-End: 1\r\n\r\n`) {
      client.send(byte);
      await new Promise(setImmediate);
    }
    await client.until(`- chunked ${digest(Buffer.from('hello world'))} {"x-end":"1"}`);
  });

  it('begins to arrive at once, before it is complete', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(`${CHUNKED}5\r\nhello\r\n`);
    const connection = await node.connection();
    await connection.until('\r\n\r\n5\r\nhello\r\n');
    client.send('1\r\n!\r\n');
    await connection.until('1\r\n!\r\n');
    client.send('0\r\n\r\n');
    await connection.until('0\r\n\r\n');
    connection.send(ok());
    await client.until('\r\n\r\nok');
  });

  it('that turns out malformed is refused, and the node never sees its end', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(`${CHUNKED}5\r\nhello\r\n`);
    const connection = await node.connection();
    await connection.until('hello');
    client.send('zz\r\n');
    assert.match(await client.untilEnd(), /^HTTP\/1\.1 400 .*"bad_framing"/s);
    await connection.untilEnded();
    assert.match(connection.received, /hello\r\n$/);
  });
});

describe('a request body above the limit', () => {
  const options = { limits: { body: '1KiB' } };

  it('by its Content-Length: 413, and no node hears of it', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node, options);
    const answer = await ask(plane.port, { method: 'POST', body: Buffer.alloc(1025) });
    assert.equal(answer.status, 413);
    assert.equal(refusalCode(answer), 'body_too_large');
    assert.equal(node.connections.length, 0);
  });

  it('in chunks: 413 as soon as it is above, and the node connection is dropped', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node, options);
    const client = await clientFor(t, plane);
    client.send(`${CHUNKED}200\r\n${'x'.repeat(512)}\r\n`);
    const connection = await node.connection();
    await connection.until('xxx');
    client.send(`201\r\n${'x'.repeat(513)}\r\n`);
    assert.match(await client.untilEnd(), /^HTTP\/1\.1 413 .*"body_too_large"/s);
    await connection.untilEnded();
  });

  it('by no byte: is served', async (t) => {
    const plane = await planeBefore(t, { port: await digestingNode(t) }, options);
    const answer = await ask(plane.port, { method: 'POST', body: Buffer.alloc(1024) });
    assert.equal(answer.status, 200);
  });

  it('that comes whole with its head: 413, though the client sends on', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node, options);
    const answer = await exchangeRaw(plane.port, `${CHUNKED}401\r\n${'x'.repeat(1025)}\r\n0\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 413 /);
    assert.equal(node.connections.length, 0);
  });
});
