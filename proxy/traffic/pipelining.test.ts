/** Requests sent before the answers to those before them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { serveHttp } from '../pool/testing/servers.ts';
import { clientFor, nodeFor, planeBefore, planeFor } from '../testing/for-test.ts';
import { exchangeRaw } from '../testing/raw-client.ts';
import { answering, type NodeSocket, ok } from '../testing/raw-node.ts';

function get(path: string, more = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
}

/** Answers each request with its own path. */
function echoingPaths(): (connection: NodeSocket) => void {
  const answered = new WeakMap<NodeSocket, number>();
  return (connection) => {
    const paths = [...connection.received.matchAll(/^[A-Z]+ (\S+) HTTP\/1\.1\r\n[\s\S]*?\r\n\r\n/gm)];
    for (const [, path] of paths.slice(answered.get(connection) ?? 0)) connection.send(ok(path));
    answered.set(connection, paths.length);
  };
}

describe('pipelined requests', () => {
  it('are answered in their order, though spread over nodes', async (t) => {
    const nodes = await Promise.all([1, 2, 3].map(() => nodeFor(t, echoingPaths())));
    const plane = await planeFor(
      t,
      nodes.map(({ port }, index) => ({ name: `CB_${index + 1}`, port })),
      { balance: 'round-robin' },
    );
    const paths = Array.from({ length: 60 }, (_, n) => `/${n}/`);
    const requests = paths.map((path) => get(path)).join('') + get('/end', 'Connection: close\r\n');
    const answer = await exchangeRaw(plane.port, requests);
    assert.deepEqual(
      [...answer.matchAll(/\r\n\r\n(\/\w+\/?)/g)].map(([, path]) => path),
      [...paths, '/end'],
    );
    for (const node of nodes) assert.ok(node.received.length > 0);
  });

  it('are all answered when the client closes its side after the last', async (t) => {
    const node = await nodeFor(t, echoingPaths());
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.socket.end(get('/1/') + get('/2/') + get('/3/'));
    const answer = await client.untilEnd();
    assert.deepEqual(
      [...answer.matchAll(/\r\n\r\n(\/\d\/)/g)].map(([, path]) => path),
      ['/1/', '/2/', '/3/'],
    );
  });

  it('reach a node one at a time', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(get('/first') + get('/second'));
    const connection = await node.connection();
    await connection.until('GET /first ');
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n');
    await client.until('\r\n\r\n');
    assert.doesNotMatch(node.received, /second/);
    connection.send('ok');
    await connection.until('GET /second ');
    assert.equal(node.connections.length, 1);
  });

  it('follow a body of either framing at its exact end', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node);
    await exchangeRaw(
      plane.port,
      'POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello' +
        'POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n' +
        get('/last', 'Connection: close\r\n'),
    );
    const lines = node.received.split(/\r\n|hello(?=[A-Z])/).filter((line) => line.endsWith(' HTTP/1.1'));
    assert.deepEqual(lines, ['POST /length HTTP/1.1', 'POST /chunked HTTP/1.1', 'GET /last HTTP/1.1']);
  });

  it('that are malformed are refused after the answers to those before them', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node);
    const answer = await exchangeRaw(plane.port, `${get('/good')}BAD\x01 / HTTP/1.1\r\n\r\n${get('/never')}`);
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nokHTTP\/1\.1 400 Bad Request\r\n/);
    assert.doesNotMatch(node.received, /never|BAD/);
  });

  it('are left in the kernel while those before them are served', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    const requests = get('/').repeat(2000);
    let taken = 0;
    const sendOn = (): void => {
      client.socket.write(requests, (error) => {
        taken += requests.length;
        if (!error) sendOn();
      });
    };
    sendOn();
    for (let n = 1; n <= 500; n++) {
      await node.when(() => (node.received.split('\r\n\r\n').length > n ? true : undefined));
      for (const connection of node.connections) connection.send(ok());
    }
    assert.ok(taken < 16_000_000, `${taken} bytes were taken for 500 requests`);
  });

  it('are not read on while their client does not read the answers: memory stays bounded', async (t) => {
    const body = 'x'.repeat(4000);
    const port = await serveHttp(t, (_request, response) => response.end(body));
    const plane = await planeBefore(t, { port });
    const client = await clientFor(t, plane);
    client.socket.pause();
    // Answers of 80 MB, more than any kernel buffers; the requests fit in.
    client.send(get('/').repeat(20_000));
    let answered = -1;
    while (answered < plane.records.length) {
      answered = plane.records.length;
      await sleep(300);
    }
    assert.ok(answered < 10_000, `${answered} requests were answered to nobody`);
    // As soon as it reads, it is served on.
    client.socket.resume();
    await plane.recorded(() => plane.records.length > answered);
  });
});
