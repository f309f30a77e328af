/**
 * Clients that use HTTP/2 to make work for nothing: each is let go with a defined word, counted, and others are served.
 */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { HTTP2_FAULTS, type Http2Fault } from '../../http2/faults.ts';
import {
  ACK,
  CONTINUATION,
  ENHANCE_YOUR_CALM,
  FLOW_CONTROL_ERROR,
  HEADERS,
  MAX_WINDOW,
  PING,
  PRIORITY,
  PROTOCOL_ERROR,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from '../../http2/frames.ts';
import type { TestPlane } from '../../testing/data-plane.ts';
import { eventually } from '../../testing/eventually.ts';
import { nodeFor, planeBefore } from '../../testing/for-test.ts';
import {
  dataFrame,
  frame,
  headerBlock,
  headersFrame,
  opening,
  pseudo,
  resetFrame,
  settingsFrame,
  word,
} from '../../testing/http2-frames.ts';
import { HTTP2_LISTENER, http2ClientFor, type RawHttp2Client } from '../../testing/raw-http2-client.ts';
import { answering, ok, type RawNode } from '../../testing/raw-node.ts';

const STREAMS = 10;

interface Setting {
  readonly node: RawNode;
  readonly plane: TestPlane;
}

async function setUp(t: TestContext, options: object = {}, onData = answering(ok())): Promise<Setting> {
  const node = await nodeFor(t, onData);
  const plane = await planeBefore(t, node, { listeners: [HTTP2_LISTENER], limits: { streams: STREAMS }, ...options });
  return { node, plane };
}

/** As often as it takes, in pieces that are read one after the other, until the connection has ended. */
async function flood(client: RawHttp2Client, next: (n: number) => Buffer): Promise<void> {
  for (let n = 0; !client.raw.ended; n++) {
    client.send(next(n));
    if (n % 20 === 19) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** It is over for this fault alone, nothing of it is left, and others are served on another connection. */
async function endsBy(t: TestContext, { plane }: Setting, client: RawHttp2Client, fault: Http2Fault, code: number) {
  assert.equal(await client.goaway(), code);
  await client.raw.untilEnd();
  client.raw.close();
  await eventually(() => plane.stats.clientConnections === 0);
  assert.deepEqual(
    HTTP2_FAULTS.filter((each) => plane.stats.http2Faults[each] > 0),
    [fault],
  );
  assert.equal(plane.stats.http2Faults[fault], 1);
  assert.equal(plane.stats.inFlight, 0);
  const other = await http2ClientFor(t, plane);
  other.send(headersFrame(1));
  assert.deepEqual(await other.outcome(1), { status: 200 });
}

describe('a client of HTTP/2 that attacks', () => {
  it('by resetting what it has just asked for (CVE-2023-44487): nodes hear of few', async (t) => {
    const setting = await setUp(t);
    const client = await http2ClientFor(t, setting.plane);
    await flood(client, (n) => Buffer.concat([headersFrame(2 * n + 1), resetFrame(2 * n + 1)]));
    await endsBy(t, setting, client, 'resets', ENHANCE_YOUR_CALM);
    // Each was reset in the same read that it came in.
    assert.equal(setting.node.received.split('GET ').length - 1, 1);
  });

  it('by resetting what nodes work on (CVE-2023-44487): they get as many as the limit', async (t) => {
    const setting = await setUp(t, {}, ({ received, socket }) => {
      if (received.includes('/quick')) socket.write(ok());
    });
    const { node, plane } = setting;
    const client = await http2ClientFor(t, plane);
    const began = performance.now();
    for (let n = 0; !client.raw.ended; n++) {
      client.send(headersFrame(2 * n + 1));
      await Promise.race([node.connection(n), client.raw.untilEnd()]);
      client.send(resetFrame(2 * n + 1));
    }
    assert.equal(await client.goaway(), ENHANCE_YOUR_CALM);
    assert.equal(plane.stats.http2Faults.resets, 1);
    // Some come by as time passes.
    const most = 100 + (performance.now() - began) / 50;
    assert.ok(node.connections.length < most, String(node.connections.length));
    await eventually(() => plane.stats.inFlight === 0);
  });

  const provoking: [string, (stream: number) => Buffer][] = [
    ['trailers with a pseudo-header field', (stream) => headersFrame(stream, [[':path', '/']])],
    ['a body that ends too early', (stream) => dataFrame(stream, '', { ends: true })],
    ['trailers that are no end', (stream) => headersFrame(stream, [['x', 'y']], { ends: false })],
  ];
  for (const [what, provoke] of provoking) {
    it(`by making the proxy reset streams (CVE-2025-8671): ${what}`, async (t) => {
      const setting = await setUp(t, {}, ({ received, socket }) => {
        if (/GET/.test(received)) socket.write(ok());
      });
      const client = await http2ClientFor(t, setting.plane);
      const fields = [...pseudo({ method: 'POST' }), ['content-length', '1'] as const];
      await flood(client, (n) => Buffer.concat([headersFrame(2 * n + 1, fields, { ends: false }), provoke(2 * n + 1)]));
      await endsBy(t, setting, client, 'resets', ENHANCE_YOUR_CALM);
    });
  }

  it('by a window update of nothing', async (t) => {
    const setting = await setUp(t);
    const client = await http2ClientFor(t, setting.plane);
    client.send(headersFrame(1, pseudo({ method: 'POST' }), { ends: false }), frame(WINDOW_UPDATE, 0, 1, word(0)));
    await endsBy(t, setting, client, 'protocol', PROTOCOL_ERROR);
  });

  it('by malformed heads alone, each of which is reset', async (t) => {
    const setting = await setUp(t);
    const client = await http2ClientFor(t, setting.plane);
    await flood(client, (n) => headersFrame(2 * n + 1, [...pseudo(), ['connection', 'close']]));
    await endsBy(t, setting, client, 'resets', ENHANCE_YOUR_CALM);
    assert.equal(setting.node.received.split('GET ').length - 1, 1);
  });

  const floods: [string, Buffer][] = [
    ['PING (CVE-2019-9512)', frame(PING, 0, 0, Buffer.alloc(8))],
    ['PING acknowledgements', frame(PING, 1, 0, Buffer.alloc(8))],
    ['SETTINGS (CVE-2019-9515)', settingsFrame([[4, 65_535]])],
    ['WINDOW_UPDATE', frame(WINDOW_UPDATE, 0, 0, word(1))],
    ['PRIORITY (CVE-2019-9513)', frame(PRIORITY, 0, 1, Buffer.concat([word(3), Buffer.of(7)]))],
    ['frames of unknown types', frame(0x55, 0, 0, 'x')],
  ];
  for (const [what, bytes] of floods) {
    it(`by a flood of ${what}`, async (t) => {
      const setting = await setUp(t);
      const client = await http2ClientFor(t, setting.plane);
      await flood(client, () => bytes);
      await endsBy(t, setting, client, 'flood', ENHANCE_YOUR_CALM);
    });
  }

  it('by a flood of empty DATA (CVE-2019-9518)', async (t) => {
    const setting = await setUp(t, {}, ({ received, socket }) => {
      if (/GET/.test(received)) socket.write(ok());
    });
    const client = await http2ClientFor(t, setting.plane);
    client.send(headersFrame(1, pseudo({ method: 'POST' }), { ends: false }));
    await flood(client, () => dataFrame(1, ''));
    await endsBy(t, setting, client, 'flood', ENHANCE_YOUR_CALM);
  });

  it('by a head that goes on in CONTINUATION for ever (CVE-2024-28182)', async (t) => {
    const setting = await setUp(t);
    const client = await http2ClientFor(t, setting.plane);
    client.send(frame(HEADERS, 0x1, 1, headerBlock(pseudo())));
    const more = headerBlock([['x', 'y'.repeat(8_000)]]);
    await flood(client, () => frame(CONTINUATION, 0, 1, more));
    await endsBy(t, setting, client, 'head', ENHANCE_YOUR_CALM);
  });

  it('by a head that goes on in empty CONTINUATION for ever', async (t) => {
    const setting = await setUp(t);
    const client = await http2ClientFor(t, setting.plane);
    client.send(frame(HEADERS, 0x1, 1, headerBlock(pseudo())));
    await flood(client, () => frame(CONTINUATION, 0, 1));
    await client.raw.untilEnd();
    const { flood: floods, protocol } = setting.plane.stats.http2Faults;
    // nghttp2 allows for eight of them.
    assert.deepEqual([floods + protocol, setting.node.received], [1, '']);
  });

  it('by acknowledging SETTINGS that nobody sent', async (t) => {
    const setting = await setUp(t);
    const client = await http2ClientFor(t, setting.plane);
    client.send(frame(SETTINGS, ACK, 0), frame(SETTINGS, ACK, 0));
    await endsBy(t, setting, client, 'protocol', PROTOCOL_ERROR);
  });

  it('by a window of the connection that overflows', async (t) => {
    const setting = await setUp(t);
    const client = await http2ClientFor(t, setting.plane);
    client.send(frame(WINDOW_UPDATE, 0, 0, word(MAX_WINDOW)));
    await endsBy(t, setting, client, 'protocol', FLOW_CONTROL_ERROR);
  });

  it('by heads that are small on the wire and large in memory (HPACK)', async (t) => {
    const { node, plane } = await setUp(t);
    const client = await http2ClientFor(t, plane);
    // One field of 4,000 bytes goes to the table (RFC 7541 §6.2.1), and is named by one byte 500 times.
    const field = Buffer.concat([Buffer.of(0x40), headerBlock([['bomb', 'x'.repeat(4_000)]]).subarray(1)]);
    const block = Buffer.concat([headerBlock(pseudo()), field, Buffer.alloc(500, 0xbe)]);
    client.send(frame(HEADERS, 0x5, 1, block));
    assert.deepEqual(await client.outcome(1), { reset: ENHANCE_YOUR_CALM });
    client.send(headersFrame(3));
    assert.deepEqual(await client.outcome(3), { status: 200 });
    assert.doesNotMatch(node.received, /bomb/);
  });

  it('by more fields than may be: refused, and a few more than that reset', async (t) => {
    const { node, plane } = await setUp(t);
    const client = await http2ClientFor(t, plane);
    const fields = (count: number) => Array.from({ length: count }, (_, i) => [`x${i}`, 'y'] as const);
    client.send(headersFrame(1, [...pseudo(), ...fields(150)]), headersFrame(3, [...pseudo(), ...fields(300)]));
    assert.deepEqual(await client.outcome(1), { status: 0 });
    assert.deepEqual(await client.outcome(3), { reset: ENHANCE_YOUR_CALM });
    assert.equal((await plane.recorded()).error, 'head_too_large');
    assert.equal(node.received, '');
  });

  it('by more streams than may be at once: those are refused', async (t) => {
    const { node, plane } = await setUp(t, {}, () => {});
    const client = await http2ClientFor(t, plane);
    for (let n = 0; n < STREAMS + 3; n++) client.send(headersFrame(2 * n + 1));
    await eventually(() => client.frames.filter(({ type }) => type === RST_STREAM).length === 3);
    assert.deepEqual(
      client.frames.filter(({ type }) => type === RST_STREAM).map(({ stream }) => stream),
      [21, 23, 25],
    );
    await eventually(() => node.connections.length === STREAMS);
    assert.equal(plane.stats.inFlight, STREAMS);
  });
});

describe('a client of HTTP/2 that is slow', () => {
  const slow: [string, Buffer][] = [
    ['with its preface', opening().subarray(0, 20)],
    ['with the header of a frame', Buffer.concat([opening(), headersFrame(1).subarray(0, 5)])],
    ['with its head', Buffer.concat([opening(), headersFrame(1).subarray(0, 20)])],
    ['with a second head', Buffer.concat([opening(), headersFrame(1), headersFrame(3).subarray(0, 20)])],
    ['with the rest of its head', Buffer.concat([opening(), frame(HEADERS, 0x1, 1, headerBlock(pseudo()))])],
  ];
  for (const [what, bytes] of slow) {
    it(`${what} is let go in time`, async (t) => {
      const { node, plane } = await setUp(t, { timeouts: { head: '300ms' } }, () => {});
      const client = await http2ClientFor(t, plane, bytes);
      await client.raw.untilEnd();
      client.raw.close();
      await eventually(() => plane.stats.clientConnections + plane.stats.inFlight === 0);
      assert.equal(node.received.split('GET ').length - 1, what === 'with a second head' ? 1 : 0);
    });
  }

  it('with its body gets 408, and its other requests are served', async (t) => {
    const { plane } = await setUp(t, { timeouts: { body: '300ms' } }, ({ received, socket }) => {
      if (received.includes('GET')) socket.write(ok());
    });
    const client = await http2ClientFor(t, plane);
    client.send(headersFrame(1, pseudo({ method: 'POST' }), { ends: false }), dataFrame(1, 'begun'));
    await client.outcome(1);
    assert.equal((await plane.recorded()).error, 'request_timeout');
    client.send(headersFrame(3));
    assert.deepEqual(await client.outcome(3), { status: 200 });
  });

  it('and asks for nothing is told to go', async (t) => {
    const { plane } = await setUp(t, { timeouts: { idle: '300ms' } });
    const client = await http2ClientFor(t, plane);
    client.send(headersFrame(1));
    assert.equal(await client.body(1), 'ok');
    assert.equal(await client.goaway(), 0);
    await client.raw.untilEnd();
    client.raw.close();
    await eventually(() => plane.stats.clientConnections === 0);
    assert.deepEqual(plane.stats.http2Faults.timeout, 0);
  });

  for (const [what, settings] of [
    ['that never opens its window', [[4, 0]]],
    ['that never opens its window further', []],
  ] as const) {
    it(`to read, ${what}: the answer waits in bounds, and is reset in time`, async (t) => {
      const size = 100 * 1024 * 1024;
      let sent = 0;
      const { plane } = await setUp(t, { timeouts: { stall: '500ms' } }, ({ received, socket }) => {
        if (!received.includes('\r\n\r\n')) return;
        const piece = Buffer.alloc(64 * 1024);
        const more = (): void => {
          while (sent < size && !socket.destroyed) {
            sent += piece.length;
            if (!socket.write(piece)) break;
          }
        };
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
        socket.on('drain', more);
        more();
      });
      const client = await http2ClientFor(t, plane, opening(settings));
      client.send(headersFrame(1));
      await client.until((all) => all.find(({ type }) => type === RST_STREAM));
      assert.equal((await plane.recorded()).termination, 'client-stalled');
      // The node's kernel has some, and so has the proxy's.
      assert.ok(sent < size / 4, String(sent));
      assert.equal(plane.stats.inFlight, 0);
    });
  }

  it('to read anything at all: its connection is reset in time', async (t) => {
    const body = 'x'.repeat(2_000_000);
    const { plane } = await setUp(t, { timeouts: { stall: '500ms', idle: '300ms' } }, answering(ok(body)));
    const client = await http2ClientFor(t, plane, opening([[4, MAX_WINDOW]]));
    client.raw.socket.pause();
    client.send(frame(WINDOW_UPDATE, 0, 0, word(MAX_WINDOW - 100_000)));
    // More than the kernel takes for somebody who does not read.
    for (let n = 0; n < STREAMS; n++) client.send(headersFrame(2 * n + 1));
    await eventually(() => plane.records.length === STREAMS);
    assert.ok(plane.records.some(({ termination }) => termination === 'client-stalled'));
    await eventually(() => plane.stats.clientConnections === 0);
    assert.equal(plane.stats.inFlight, 0);
  });
});
