/** How connections of HTTP/2 end: with a shutdown, a reload, their node, or their client. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { GOAWAY, MAX_STREAM_ID, NO_ERROR } from '../../http2/frames.ts';
import { eventually } from '../../testing/eventually.ts';
import { nodeFor, planeBefore, planeFor } from '../../testing/for-test.ts';
import { answerTo, ask, begin, resetCode, sessionFor } from '../../testing/http2-client.ts';
import { frame, headersFrame, opening, word } from '../../testing/http2-frames.ts';
import { HTTP2_LISTENER, http2ClientFor } from '../../testing/raw-http2-client.ts';
import { answering, ok } from '../../testing/raw-node.ts';

const MINUTE = 60_000;

async function setUp(t: TestContext, onData = answering(ok()), options: object = {}) {
  const node = await nodeFor(t, onData);
  const plane = await planeBefore(t, node, { listeners: [HTTP2_LISTENER], ...options });
  return { node, plane };
}

describe('a shutdown with HTTP/2', () => {
  it('lets what is under way finish, serves what is on its way, and tells the client', async (t) => {
    const { node, plane } = await setUp(t, () => {});
    const client = await http2ClientFor(t, plane);
    client.send(headersFrame(1));
    const first = await node.connection();
    await first.until('\r\n\r\n');
    const down = plane.plane.shutdown(MINUTE);
    const notice = await client.until((all) => all.find(({ type }) => type === GOAWAY));
    assert.deepEqual([notice.payload.readUInt32BE(0), notice.payload.readUInt32BE(4)], [MAX_STREAM_ID, NO_ERROR]);
    client.send(headersFrame(3));
    const second = await node.connection(1);
    await second.until('\r\n\r\n');
    const last = await client.until((all) =>
      all.findLast(({ type, payload }) => type === GOAWAY && payload[0] !== 0x7f),
    );
    assert.deepEqual([last.payload.readUInt32BE(0), last.payload.readUInt32BE(4)], [3, NO_ERROR]);
    first.send(ok('one'));
    second.send(ok('two'));
    assert.deepEqual([await client.body(1), await client.body(3)], ['one', 'two']);
    await client.raw.untilEnd();
    client.raw.close();
    await down;
    assert.deepEqual(
      plane.records.map(({ termination }) => termination),
      ['completed', 'completed'],
    );
  });

  it('takes no longer than its deadline: answers are refused or cut off', async (t) => {
    const { node, plane } = await setUp(t, ({ received, socket }) => {
      if (received.includes('/begun')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbegun');
    });
    const session = sessionFor(t, plane);
    const waiting = answerTo(begin(session, { ':path': '/waiting' }));
    const begun = begin(session, { ':path': '/begun' });
    await once(begun, 'response');
    await eventually(() => node.connections.length === 2);
    const down = plane.plane.shutdown(0);
    assert.equal((await waiting).status, 503);
    assert.notEqual(await resetCode(begun), 0);
    await down;
    assert.deepEqual(
      plane.records.map(({ termination }) => termination),
      ['shutdown', 'shutdown'],
    );
    assert.equal(plane.stats.clientConnections, 0);
  });

  it('does not wait for clients that say and read nothing', async (t) => {
    const { plane } = await setUp(t);
    const clients = [
      await http2ClientFor(t, plane),
      await http2ClientFor(t, plane, Buffer.of()),
      await http2ClientFor(t, plane, Buffer.from('PRI')),
    ];
    for (const { raw } of clients) raw.socket.pause();
    await eventually(() => plane.stats.clientConnections === 3);
    await plane.plane.shutdown(0);
    assert.equal(plane.stats.clientConnections, 0);
  });

  it('is over when its last client has gone amidst its requests', async (t) => {
    const { node, plane } = await setUp(t, () => {});
    const client = await http2ClientFor(t, plane);
    client.send(headersFrame(1), headersFrame(3));
    await node.connection(1);
    const down = plane.plane.shutdown(MINUTE);
    client.raw.socket.resetAndDestroy();
    await down;
    assert.equal(plane.stats.inFlight, 0);
  });

  it('of a worker that others replace lets a connection go once its requests are done', async (t) => {
    const { node, plane } = await setUp(t, () => {});
    const session = sessionFor(t, plane);
    const answer = answerTo(begin(session));
    const connection = await node.connection();
    await connection.until('\r\n\r\n');
    const retired = plane.plane.retire();
    await once(session, 'goaway');
    connection.send(ok());
    assert.equal((await answer).body, 'ok');
    await once(session, 'close');
    await retired;
    assert.equal(plane.stats.clientConnections, 0);
  });
});

describe('streams of HTTP/2', () => {
  it('that wait for a node are told when it is found dead, and go elsewhere if they can', async (t) => {
    const dead = await nodeFor(t, () => {});
    const alive = await nodeFor(t, answering(ok('alive')));
    const nodes = [
      { name: 'CB_1', port: dead.port },
      { name: 'CB_2', port: alive.port },
    ];
    const plane = await planeFor(t, nodes, { listeners: [HTTP2_LISTENER] });
    const session = sessionFor(t, plane);
    const cookie = 'gcbSessionServer=CB_1';
    const bound = ask(session, { cookie, ':path': '/cometd' });
    const loose = ask(session, { cookie });
    for (const index of [0, 1]) await (await dead.connection(index)).until('\r\n\r\n');
    plane.change('CB_1', { state: 'down' });
    assert.equal((await bound).status, 503);
    assert.equal((await loose).body, 'alive');
    assert.equal(plane.stats.clientConnections, 1);
  });

  it('that a client asked for before it closed are given up, and nothing stays', async (t) => {
    const { node, plane } = await setUp(t, () => {});
    const client = await http2ClientFor(t, plane);
    client.send(headersFrame(1), headersFrame(3));
    const connections = [await node.connection(0), await node.connection(1)];
    client.raw.socket.end();
    for (const connection of connections) await connection.untilEnded();
    await client.raw.untilEnd();
    client.raw.close();
    await eventually(() => plane.stats.clientConnections === 0);
    assert.equal(plane.stats.inFlight, 0);
  });

  it('are finished when the client says that it asks for no more', async (t) => {
    const { node, plane } = await setUp(t, () => {});
    const client = await http2ClientFor(t, plane);
    client.send(headersFrame(1), frame(GOAWAY, 0, 0, Buffer.concat([word(0), word(NO_ERROR)])));
    const connection = await node.connection();
    await connection.until('\r\n\r\n');
    connection.send(ok());
    assert.equal(await client.body(1), 'ok');
    await client.raw.untilEnd();
    client.raw.close();
    await eventually(() => plane.stats.clientConnections === 0);
    assert.equal(plane.stats.http2Faults.protocol, 0);
  });

  it('end without a fault of the client when it ends its connection with an error', async (t) => {
    const { plane } = await setUp(t, () => {});
    const client = await http2ClientFor(t, plane);
    client.send(headersFrame(1), frame(GOAWAY, 0, 0, Buffer.concat([word(0), word(2)])));
    await client.raw.untilEnd();
    client.raw.close();
    await eventually(() => plane.stats.clientConnections === 0);
    assert.deepEqual([plane.stats.http2Faults.protocol, plane.stats.inFlight], [0, 0]);
  });

  it('of sixty connections that are reset leave nothing', async (t) => {
    const { plane } = await setUp(t, () => {});
    for (let round = 0; round < 3; round++) {
      const clients = await Promise.all(Array.from({ length: 20 }, () => http2ClientFor(t, plane, opening())));
      for (const client of clients) client.send(headersFrame(1), headersFrame(3));
      await eventually(() => plane.stats.inFlight === 40);
      for (const { raw } of clients) raw.socket.resetAndDestroy();
      await eventually(() => plane.stats.clientConnections + plane.stats.inFlight === 0);
    }
  });
});
