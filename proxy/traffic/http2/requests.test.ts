/** Requests over HTTP/2 and their answers, as nodes and clients see them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { DATA, END_STREAM, HEADERS, INTERNAL_ERROR, RST_STREAM } from '../../http2/frames.ts';
import { eventually } from '../../testing/eventually.ts';
import { nodeFor, planeBefore } from '../../testing/for-test.ts';
import { answerTo, ask, begin, resetCode, sessionFor } from '../../testing/http2-client.ts';
import { headersFrame, opening, pseudo } from '../../testing/http2-frames.ts';
import { proxyV1 } from '../../testing/proxy-headers.ts';
import { HTTP2_LISTENER, http2ClientFor } from '../../testing/raw-http2-client.ts';
import { answering, type NodeSocket, ok } from '../../testing/raw-node.ts';

async function setUp(t: TestContext, onData: (connection: NodeSocket) => void = answering(ok()), options: object = {}) {
  const node = await nodeFor(t, onData);
  const plane = await planeBefore(t, node, { listeners: [HTTP2_LISTENER], ...options });
  return { node, plane, session: sessionFor(t, plane) };
}

/** Once the node has all of a chunked body. */
function afterBody(answer: string) {
  return (connection: NodeSocket) => {
    if (/\r\n0\r\n(?:[^\r]+\r\n)*\r\n$/.test(connection.received)) connection.send(answer);
  };
}

describe('a request over HTTP/2', () => {
  it('reaches the node as HTTP/1.1, and says what it was', async (t) => {
    const { node, plane, session } = await setUp(t);
    const answer = await ask(session, {
      ':path': '/x?a=1',
      ':authority': 'a.example',
      accept: 'text/plain',
      te: 'trailers',
    });
    assert.deepEqual([answer.status, answer.body], [200, 'ok']);
    const record = await plane.recorded();
    assert.deepEqual(node.received.split('\r\n').sort(), [
      '',
      '',
      'GET /x?a=1 HTTP/1.1',
      'Host: a.example',
      'Via: 2 cobrowse-proxy',
      'X-Forwarded-For: 127.0.0.1',
      'X-Forwarded-Host: a.example',
      'X-Forwarded-Proto: http',
      `X-Request-Id: ${record.requestId}`,
      'accept: text/plain',
    ]);
    assert.deepEqual(
      [record.httpVersion, record.method, record.target, record.status, record.termination],
      ['2', 'GET', '/x?a=1', 200, 'completed'],
    );
    assert.equal(plane.stats.clientConnections, 1);
  });

  it('beside others on one connection, which counts once', async (t) => {
    const { plane, session } = await setUp(t);
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => ask(session, { ':path': `/${i}` })));
    assert.ok(answers.every(({ status, body }) => status === 200 && body === 'ok'));
    assert.deepEqual([plane.stats.connectionsAccepted, plane.stats.clientConnections], [1, 1]);
    assert.equal(plane.records.length, 50);
    session.close();
    await eventually(() => plane.stats.clientConnections === 0);
    assert.equal(plane.stats.inFlight, 0);
  });

  it('with its cookies in pieces, which are one line to the node and bind', async (t) => {
    const { node, plane, session } = await setUp(t);
    await ask(session, { cookie: ['a=1', 'gcbSessionServer=CB_1', 'b=2'] });
    assert.match(node.received, /\r\ncookie: a=1; gcbSessionServer=CB_1; b=2\r\n/);
    assert.equal((await plane.recorded()).by, 'cookie');
  });

  it('with a body of a given length', async (t) => {
    const { node, session } = await setUp(t, (connection) => {
      if (connection.received.endsWith('0123456789')) connection.send(ok('taken'));
    });
    const answer = await ask(session, { ':method': 'POST', 'content-length': '10' }, '0123456789');
    assert.equal(answer.body, 'taken');
    assert.match(node.received, /\r\nContent-Length: 10\r\n/);
    assert.doesNotMatch(node.received, /chunked/);
  });

  it('with a body of no given length, and trailers', async (t) => {
    const { node, session } = await setUp(t, afterBody(ok('taken')));
    const stream = session.request({ ':method': 'POST', ':path': '/' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '7', host: 'evil.example' }));
    stream.end('0123456789');
    assert.equal((await answerTo(stream)).body, 'taken');
    assert.match(node.received, /\r\nTransfer-Encoding: chunked\r\n/);
    assert.ok(node.received.endsWith('\r\n\r\na\r\n0123456789\r\n0\r\nx-sum: 7\r\n\r\n'), node.received);
  });

  it('with Expect: 100-continue', async (t) => {
    const { session } = await setUp(t, (connection) => {
      if (!connection.received.includes('\r\n\r\n')) return;
      if (connection.received.endsWith('body')) connection.send(ok('taken'));
      else connection.send('HTTP/1.1 100 Continue\r\n\r\n');
    });
    const stream = begin(session, { ':method': 'POST', expect: '100-continue', 'content-length': '4' }, false);
    const answer = answerTo(stream);
    await once(stream, 'continue');
    stream.end('body');
    assert.equal((await answer).body, 'taken');
  });
});

describe('an answer over HTTP/2', () => {
  const TRAILED =
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\n' +
    'Set-Cookie: a=1\r\nVary: Origin\r\nSet-Cookie: b=2\r\nVary: Accept\r\nContent-Type: text/plain\r\n' +
    'X-Latin: caf\xe9\xa0\r\n__proto__: x\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 7\r\n\r\n';

  it('has the node’s fields but those of its connection, its body without framing, and its trailers', async (t) => {
    const { session } = await setUp(t, answering(TRAILED));
    const { status, headers, trailers, body } = await ask(session);
    assert.deepEqual([status, body, trailers['x-sum']], [200, 'abcde', '7']);
    assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2']);
    assert.equal(headers.vary, 'Origin, Accept');
    assert.equal(headers['x-latin'], 'caf\xe9\xa0');
    for (const name of ['connection', 'x-hop', 'keep-alive', 'transfer-encoding'])
      assert.equal(headers[name], undefined);
  });

  it('ends with the node’s connection where nothing else ends it', async (t) => {
    const { session } = await setUp(t, ({ received, socket }) => {
      if (received.includes('\r\n\r\n')) socket.end('HTTP/1.1 200 OK\r\n\r\nto the end');
    });
    assert.equal((await ask(session)).body, 'to the end');
  });

  for (const [what, method, answer] of [
    ['to HEAD', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n'],
    ['204', 'GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['304', 'GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n'],
  ] as const) {
    it(`has no body: ${what}`, async (t) => {
      const { plane, session } = await setUp(t, answering(answer));
      const { status, body } = await ask(session, { ':method': method });
      assert.deepEqual([status, body], [Number(answer.slice(9, 12)), '']);
      await eventually(() => plane.stats.inFlight === 0);
    });
  }

  it('comes after early hints', async (t) => {
    const { session } = await setUp(t, answering(`HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n${ok()}`));
    const stream = begin(session);
    const hints = once(stream, 'headers');
    assert.equal((await answerTo(stream)).status, 200);
    const [fields] = await hints;
    assert.deepEqual([fields[':status'], fields.link], [103, '</a.css>']);
  });

  it('is the proxy’s own where no node can answer', async (t) => {
    const { plane, session } = await setUp(t, ({ socket }) => socket.destroy());
    const { status, headers, body } = await ask(session, { ':method': 'POST', 'content-length': '1' }, 'x');
    assert.equal(status, 502);
    assert.equal(headers.connection, undefined);
    assert.equal(JSON.parse(body).error.code, 'node_failed');
    assert.equal((await plane.recorded()).error, 'node_failed');
  });

  for (const [framing, begun] of [
    ['length', 'Content-Length: 10\r\n\r\nhalf'],
    ['chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ] as const) {
    it(`by ${framing} is reset when the node breaks off, and not ended before; others go on`, async (t) => {
      const { plane } = await setUp(t, ({ received, socket }) => {
        if (received.includes('/whole')) socket.write(ok('whole'));
        else socket.end(`HTTP/1.1 200 OK\r\n${begun}`);
      });
      const client = await http2ClientFor(t, plane);
      client.send(headersFrame(1));
      const frames = await client.until((all) => (all.at(-1)?.type === RST_STREAM ? all : undefined));
      const answer = frames.filter(({ stream }) => stream === 1);
      assert.deepEqual(
        answer.map(({ type, flags }) => [type, flags & END_STREAM]),
        [
          [HEADERS, 0],
          [DATA, 0],
          [RST_STREAM, 0],
        ],
      );
      assert.equal(answer[2]?.payload.readUInt32BE(0), INTERNAL_ERROR);
      assert.equal((await plane.recorded()).termination, 'node-truncated');
      client.send(headersFrame(3, pseudo({ path: '/whole' })));
      assert.equal(await client.body(3), 'whole');
    });
  }

  it('comes whole before the request does, whose rest is not asked for', async (t) => {
    const { plane, session } = await setUp(t, ({ received, socket }) => {
      if (received.includes('\r\n\r\n')) socket.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno');
    });
    const stream = begin(session, { ':method': 'POST', 'content-length': '100' }, false);
    stream.write('begun');
    const { status, body } = await answerTo(stream);
    assert.deepEqual([status, body], [413, 'no']);
    assert.equal((await plane.recorded()).termination, 'early-answer');
    assert.equal(await resetCode(stream), 0);
  });
});

describe('a client of HTTP/2 that gives up', () => {
  for (const [how, code] of [
    ['a reset', 8],
    ['a reset without an error', 0],
  ] as const) {
    it(`with ${how} while it waits: the node is told`, async (t) => {
      const { node, plane, session } = await setUp(t, () => {});
      const stream = begin(session);
      const connection = await node.connection();
      await connection.until('\r\n\r\n');
      stream.close(code);
      await connection.untilEnded();
      assert.equal((await plane.recorded()).termination, 'client-abort');
      assert.equal(plane.stats.inFlight, 0);
    });

    it(`with ${how} amidst its body, which the node does not take for whole`, async (t) => {
      const { node, plane, session } = await setUp(t, () => {});
      const stream = begin(session, { ':method': 'POST' }, false);
      stream.write('begun');
      const connection = await node.connection();
      await connection.until('begun');
      stream.close(code);
      await connection.untilEnded();
      assert.ok(connection.received.endsWith('\r\n\r\n5\r\nbegun\r\n'), connection.received);
      assert.equal((await plane.recorded()).termination, 'client-abort');
    });
  }

  it('by closing its connection: all that it waited for is given up', async (t) => {
    const { node, plane, session } = await setUp(t, () => {});
    for (let i = 0; i < 3; i++) begin(session, { ':path': `/${i}` });
    const connections = [await node.connection(0), await node.connection(1), await node.connection(2)];
    for (const connection of connections) await connection.until('\r\n\r\n');
    session.destroy();
    for (const connection of connections) await connection.untilEnded();
    await eventually(() => plane.stats.clientConnections === 0);
    assert.deepEqual(
      plane.records.map(({ termination }) => termination),
      ['client-abort', 'client-abort', 'client-abort'],
    );
  });
});

describe('a listener without TLS where HTTP/2 may be spoken', () => {
  it('serves HTTP/1.1 as well, and sends both to https where it is told to', async (t) => {
    const { plane, session } = await setUp(t, undefined, { listeners: [{ ...HTTP2_LISTENER, redirectToHttps: 8443 }] });
    const over2 = await ask(session, { ':authority': 'a.example', ':path': '/x' });
    const over1 = await fetch(`http://127.0.0.1:${plane.port}/x`, { redirect: 'manual' });
    assert.deepEqual([over2.status, over2.headers.location], [308, 'https://a.example:8443/x']);
    assert.deepEqual([over1.status, over1.headers.get('location')], [308, 'https://127.0.0.1:8443/x']);
  });

  it('counts each stream as a request of its client, whom a PROXY header names', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node, {
      listeners: [{ ...HTTP2_LISTENER, proxyProtocol: true }],
      limits: { perAddress: { requestsPerSecond: 1, burst: 2 } },
      forwarding: { trustedProxies: ['127.0.0.1'] },
    });
    const client = await http2ClientFor(t, plane, Buffer.concat([Buffer.from(proxyV1('192.0.2.1')), opening()]));
    // In one read: a second later there is room for one more.
    client.send(headersFrame(1), headersFrame(3), headersFrame(5));
    await eventually(() => plane.records.length === 3);
    assert.deepEqual(plane.records.map(({ status, clientAddress }) => [status, clientAddress]).sort(), [
      [200, '192.0.2.1'],
      [200, '192.0.2.1'],
      [429, '192.0.2.1'],
    ]);
    assert.match(node.received, /\r\nX-Forwarded-For: 192\.0\.2\.1\r\n/);
  });

  it('answers its own health', async (t) => {
    const { session } = await setUp(t);
    assert.equal((await ask(session, { ':path': '/health' })).status, 200);
  });
});
