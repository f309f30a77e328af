/** When a request goes out again: to another node, to the same one on a fresh connection, or not at all. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { refusedPort, serveHttp } from '../pool/testing/servers.ts';
import { clientFor, nodeFor, planeBefore, planeFor } from '../testing/for-test.ts';
import { ask, refusalCode } from '../testing/http-client.ts';
import { answering, type NodeSocket, ok } from '../testing/raw-node.ts';

const GET = 'GET /first HTTP/1.1\r\nHost: a\r\n\r\n';

/** Answers the first request, and resets the connection when a second one comes: it was just closing. */
function closingAfterOne(): (connection: NodeSocket) => void {
  const seen = new WeakSet<NodeSocket>();
  return (connection) => {
    if (seen.has(connection)) connection.socket.resetAndDestroy();
    else connection.send(ok());
    seen.add(connection);
  };
}

describe('a reused connection that the node closes as the request comes', () => {
  for (const method of ['GET', 'HEAD', 'OPTIONS']) {
    it(`${method} is sent once more, on a fresh connection`, async (t) => {
      const node = await nodeFor(t, closingAfterOne());
      const plane = await planeBefore(t, node);
      const client = await clientFor(t, plane);
      client.send(GET);
      await client.until('\r\n\r\nok');
      client.send(`${method} /second HTTP/1.1\r\nHost: a\r\n\r\n`);
      await client.until((received) => received.split('HTTP/1.1 200 OK').length === 3);
      assert.equal(node.connections.length, 2);
      assert.equal(plane.stats.snapshot().nodes[0]?.retries.stale, 1);
    });
  }

  it('GET is retried once and no more', async (t) => {
    let connections = 0;
    const node = await nodeFor(t, (connection) => {
      if (connections++ === 0) connection.send(ok());
      else connection.socket.resetAndDestroy();
    });
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(GET);
    await client.until('\r\n\r\nok');
    client.send(GET);
    assert.match(await client.untilEnd(), /HTTP\/1\.1 502 .*"node_failed"/s);
    assert.equal(node.connections.length, 2);
  });

  it('GET is not retried when a byte of the answer has come', async (t) => {
    let answers = 0;
    const node = await nodeFor(t, (connection) => {
      if (answers++ === 0) connection.send(ok());
      else connection.socket.end('HTTP/1.1');
    });
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(GET);
    await client.until('\r\n\r\nok');
    client.send(GET);
    assert.match(await client.untilEnd(), /HTTP\/1\.1 502 /);
    assert.equal(node.connections.length, 1);
  });

  for (const [name, request] of [
    ['POST', 'POST /second HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello'],
    ['POST without a body', 'POST /second HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n'],
    ['GET with a body', 'GET /second HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello'],
  ] as const) {
    it(`${name} may have arrived, and is never sent again: 502`, async (t) => {
      const node = await nodeFor(t, closingAfterOne());
      const plane = await planeBefore(t, node);
      const client = await clientFor(t, plane);
      client.send(GET);
      await client.until('\r\n\r\nok');
      client.send(request);
      assert.match(await client.untilEnd(), /HTTP\/1\.1 502 .*"node_failed"/s);
      assert.equal(node.received.split('/second').length, 2);
      assert.equal(node.connections.length, 1);
      assert.equal((await plane.recorded(({ method }) => method !== 'GET' || name !== 'POST')).attempts, 1);
    });
  }

  it('on a fresh connection it is the node that fails: GET gets 502', async (t) => {
    const node = await nodeFor(t, ({ socket }) => socket.resetAndDestroy());
    const plane = await planeBefore(t, node);
    assert.equal((await ask(plane.port)).status, 502);
    assert.equal(node.connections.length, 1);
    assert.equal((await plane.recorded()).termination, 'node-reset');
  });
});

/** A plane before a node that refuses connections, `CB_1`, and one that echoes bodies, `CB_2`. */
async function halfDead(t: TestContext, options?: object) {
  const port = await serveHttp(t, async (request, response) => {
    const body = (await request.setEncoding('latin1').toArray()).join('');
    response.end(`${request.method} ${body.length} ${body.slice(-3)}`);
  });
  const nodes = [
    { name: 'CB_1', port: await refusedPort() },
    { name: 'CB_2', port },
  ];
  return planeFor(t, nodes, options);
}

describe('a node that refuses the connection', () => {
  const cookie = 'gcbSessionServer=CB_1';

  for (const [method, size] of [
    ['GET', 0],
    ['POST', 0],
    ['POST', 5],
    ['POST', 1_000_000],
  ] as const) {
    it(`another takes a ${method} that is not bound, with its ${size} bytes whole`, async (t) => {
      const plane = await halfDead(t);
      const body = Buffer.alloc(size, 'x');
      const answer = await ask(plane.port, { method, body, headers: { cookie, 'content-length': `${size}` } });
      assert.equal(answer.body, `${method} ${size} ${'xxx'.slice(0, size)}`);
      assert.deepEqual(plane.refusedNodes, ['CB_1']);
      const record = await plane.recorded();
      assert.equal(record.attempts, 2);
      assert.equal(record.node, 'CB_2');
      assert.equal(plane.stats.snapshot().nodes[0]?.retries.connect, 1);
    });
  }

  it('another takes an upload that is still under way', async (t) => {
    const plane = await halfDead(t);
    const client = await clientFor(t, plane);
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nCookie: ${cookie}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`);
    while (plane.refusedNodes.length === 0) await new Promise(setImmediate);
    client.send('3\r\ndef\r\n0\r\n\r\n');
    await client.until('POST 6 def');
  });

  for (const path of ['/cometd/meta', '/rest/live/users/123456789/session/stop']) {
    it(`no other takes ${path} that is bound to it: 503 node_unreachable`, async (t) => {
      const plane = await halfDead(t);
      const answer = await ask(plane.port, { path, headers: { cookie } });
      assert.equal(answer.status, 503);
      assert.equal(refusalCode(answer), 'node_unreachable');
      assert.equal(answer.headers['retry-after'], '1');
      assert.deepEqual(plane.refusedNodes, ['CB_1']);
      assert.equal((await plane.recorded()).termination, 'node-connect');
    });
  }

  it('no other takes a request to its own URL', async (t) => {
    const port = await serveHttp(t, (_request, response) => response.end('other'));
    const plane = await planeFor(t, [
      { name: 'CB_1', port: await refusedPort(), serverUrl: 'http://n1.test' },
      { name: 'CB_2', port },
    ]);
    const answer = await ask(plane.port, { headers: { host: 'n1.test' } });
    assert.equal(refusalCode(answer), 'node_unreachable');
  });

  it('and so do all others: 503 no_node_available, each of them tried once', async (t) => {
    const ports = await Promise.all([1, 2, 3].map(refusedPort));
    const plane = await planeFor(
      t,
      ports.map((port, index) => ({ name: `CB_${index + 1}`, port })),
    );
    const answer = await ask(plane.port, { method: 'POST', body: 'hello' });
    assert.equal(answer.status, 503);
    assert.equal(refusalCode(answer), 'no_node_available');
    assert.equal(answer.headers['retry-after'], '1');
    assert.deepEqual([...plane.refusedNodes].sort(), ['CB_1', 'CB_2', 'CB_3']);
    assert.equal((await plane.recorded()).attempts, 3);
  });
});

describe('a node that failed after it got the request', () => {
  it('is not helped out by another: it may have acted on it', async (t) => {
    const failing = await nodeFor(t, ({ socket }) => socket.resetAndDestroy());
    const other = await nodeFor(t, answering(ok()));
    const plane = await planeFor(t, [
      { name: 'CB_1', port: failing.port },
      { name: 'CB_2', port: other.port },
    ]);
    const answer = await ask(plane.port, {
      method: 'POST',
      body: 'hello',
      headers: { cookie: 'gcbSessionServer=CB_1' },
    });
    assert.equal(answer.status, 502);
    assert.equal(other.connections.length, 0);
  });
});
