import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { describe, it } from 'node:test';
import type { HealthResult } from './health.ts';
import { poll } from './poll.ts';
import { refusedPort, serveHttp, serveTcp } from './testing/servers.ts';

const LONG_MS = 60_000;
const SHORT_MS = 150;

function pollPort(port: number, timeout = LONG_MS, controller = new AbortController()): Promise<HealthResult> {
  return poll({ scheme: 'http', authority: `127.0.0.1:${port}`, base: '/cobrowse' }, '/health', timeout, controller);
}

async function assertTimesOut(port: number): Promise<void> {
  const began = performance.now();
  assert.deepEqual(await pollPort(port, SHORT_MS), { kind: 'failed', reason: 'timeout' });
  const took = performance.now() - began;
  assert.ok(took > SHORT_MS - 5, `took ${took} ms`);
}

describe('a poll', () => {
  it('asks for the path below the base, on a connection of its own', async (t) => {
    let seen: IncomingMessage | undefined;
    const port = await serveHttp(t, (request, response) => {
      seen = request;
      response.end();
    });
    assert.equal((await pollPort(port)).kind, 'ok');
    assert.deepEqual([seen?.method, seen?.url], ['GET', '/cobrowse/health']);
    assert.equal(seen?.headers.host, `127.0.0.1:${port}`);
    assert.equal(seen?.headers.connection, 'close');
  });

  it('reads the headers in any letter case', async (t) => {
    const port = await serveTcp(t, (socket) => {
      socket.end(
        'HTTP/1.1 503 X\r\nx-CoBrowse-STATE: draining\r\nX-COBROWSE-LIVE-SESSIONS: 3\r\nContent-Length: 0\r\n\r\n',
      );
    });
    const result = await pollPort(port);
    assert.ok(result.kind === 'ok');
    assert.deepEqual([result.report.draining, result.report.sessions], [true, 3]);
  });

  it('does not follow a redirect', async (t) => {
    let requests = 0;
    const port = await serveHttp(t, (_request, response) => {
      requests++;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    assert.deepEqual(await pollPort(port), { kind: 'failed', reason: 'status' });
    assert.equal(requests, 1);
  });

  it('fails as refused where nothing listens', async () => {
    assert.deepEqual(await pollPort(await refusedPort()), { kind: 'failed', reason: 'refused' });
  });

  it('fails as reset when the connection breaks off', async (t) => {
    const port = await serveTcp(t, (socket) => socket.once('data', () => socket.resetAndDestroy()));
    assert.deepEqual(await pollPort(port), { kind: 'failed', reason: 'reset' });
  });

  it('fails when the answer is not HTTP', async (t) => {
    const port = await serveTcp(t, (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    assert.deepEqual(await pollPort(port), { kind: 'failed', reason: 'error' });
  });

  it('fails as unresolved when the name has no address', async () => {
    const node = { scheme: 'http', authority: 'no-such-node.invalid:8700', base: '' } as const;
    const result = await poll(node, '/health', LONG_MS, new AbortController());
    assert.deepEqual(result, { kind: 'failed', reason: 'unresolved' });
  });

  it('times out on a hung node, which accepts and never answers, and leaves no connection', async (t) => {
    const sockets: Socket[] = [];
    const port = await serveTcp(t, (socket) => sockets.push(socket.resume()));
    let [socket] = sockets;
    // On a busy machine the time may be up before there is a connection.
    for (; socket === undefined; [socket] = sockets) await assertTimesOut(port);
    if (!socket.closed) await once(socket, 'close');
  });

  it('does not count against the node that its own process did not run', async (t) => {
    const port = await serveHttp(t, (_request, response) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3 * SHORT_MS);
      response.end();
    });
    assert.equal((await pollPort(port, SHORT_MS)).kind, 'ok');
  });

  it('times out on a node that drips its head', async (t) => {
    const port = await serveTcp(t, (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nX-Slow: ');
      const drip = setInterval(() => socket.write('x'), 20);
      socket.on('close', () => clearInterval(drip));
    });
    await assertTimesOut(port);
  });

  it('times out on a node that drips its body', async (t) => {
    const port = await serveTcp(t, (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
      const drip = setInterval(() => socket.write('x'), 20);
      socket.on('close', () => clearInterval(drip));
    });
    await assertTimesOut(port);
  });

  it('does not read an endless body', async (t) => {
    const port = await serveHttp(t, (_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384)));
      };
      response.on('drain', more);
      more();
    });
    assert.equal((await pollPort(port)).kind, 'ok');
  });

  it('ends at once when it is aborted', async (t) => {
    const controller = new AbortController();
    const port = await serveTcp(t, (socket) => socket.once('data', () => controller.abort()));
    assert.equal((await pollPort(port, LONG_MS, controller)).kind, 'failed');
  });
});
