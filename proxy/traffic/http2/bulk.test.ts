/** Large bodies over HTTP/2: whole, beside each other, and no faster than they are taken. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { HEADERS, RST_STREAM } from '../../http2/frames.ts';
import { eventually } from '../../testing/eventually.ts';
import { nodeFor, planeBefore } from '../../testing/for-test.ts';
import { answerTo, begin, sessionFor } from '../../testing/http2-client.ts';
import { headersFrame, opening, pseudo, resetFrame } from '../../testing/http2-frames.ts';
import { HTTP2_LISTENER, http2ClientFor } from '../../testing/raw-http2-client.ts';

/** No piece of it is like another. */
const BODY = randomBytes(6 * 1024 * 1024);
const DIGEST = digest(BODY);

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Answers with the body, by length or in chunks, or with the digest of what it gets. */
async function bulkNodeFor(t: TestContext): Promise<{ readonly port: number }> {
  const server = createServer((request, response) => {
    if (request.method === 'POST') {
      const hash = createHash('sha256');
      request.on('data', (chunk: Buffer) => hash.update(chunk));
      request.on('end', () => response.end(hash.digest('hex')));
    } else if (request.url === '/length') response.setHeader('Content-Length', BODY.length).end(BODY);
    else {
      for (let at = 0; at < BODY.length; at += 50_000) response.write(BODY.subarray(at, at + 50_000));
      response.end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port };
}

describe('large bodies over HTTP/2', () => {
  it('arrive whole both ways, many at once on one connection', async (t) => {
    const plane = await planeBefore(t, await bulkNodeFor(t), { listeners: [HTTP2_LISTENER] });
    const session = sessionFor(t, plane);
    const download = async (path: string): Promise<string> => {
      const { body } = await answerTo(begin(session, { ':path': path }));
      return digest(Buffer.from(body, 'latin1'));
    };
    const upload = async (headers: object): Promise<string> => {
      const stream = begin(session, { ':method': 'POST', ...headers }, false);
      stream.end(BODY);
      return (await answerTo(stream)).body;
    };
    const bodies = [
      download('/length'),
      download('/chunks'),
      upload({}),
      upload({ 'content-length': BODY.length }),
      download('/chunks'),
      download('/length'),
    ];
    assert.deepEqual(
      await Promise.all(bodies),
      bodies.map(() => DIGEST),
    );
    assert.equal(plane.stats.connectionsAccepted, 1);
    await eventually(() => plane.stats.inFlight === 0);
  });

  it('wait for a client that takes none of a hundred, and are not held against it', async (t) => {
    const plane = await planeBefore(t, await bulkNodeFor(t), { listeners: [HTTP2_LISTENER] });
    const client = await http2ClientFor(t, plane, opening([[4, 0]]));
    for (let n = 0; n < 100; n++) client.send(headersFrame(2 * n + 1, pseudo({ path: '/length' })));
    const answered = await client.until((frames) => {
      const heads = frames.filter(({ type }) => type === HEADERS || type === RST_STREAM);
      return heads.length === 100 ? heads : undefined;
    });
    assert.ok(answered.every(({ type }) => type === HEADERS));
    // Of another stream the head comes as soon as of the first, whatever waits.
    client.send(resetFrame(1), headersFrame(201, pseudo({ path: '/health' })));
    assert.deepEqual(await client.outcome(201), { status: 200 });
  });

  it('wait with the client where their node does not take them', async (t) => {
    const node = await nodeFor(t, ({ socket }) => socket.pause());
    const plane = await planeBefore(t, node, { listeners: [HTTP2_LISTENER], timeouts: { stall: '1s' } });
    const stream = begin(sessionFor(t, plane), { ':method': 'POST' }, false);
    const size = 64 * 1024 * 1024;
    let taken = 0;
    const more = (): void => {
      while (taken < size && !stream.destroyed) {
        taken += 64 * 1024;
        if (!stream.write(Buffer.alloc(64 * 1024))) break;
      }
    };
    stream.on('drain', more);
    more();
    const record = await plane.recorded();
    assert.equal(record.termination, 'node-timeout');
    // The kernel takes some on the way to the node.
    assert.ok(taken < size / 4, String(taken));
  });
});
