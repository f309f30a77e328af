/** Tunnels, byte by byte: what passes, and how they end. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../testing/eventually.ts';
import { clientFor, nodeFor, planeBefore } from '../testing/for-test.ts';

const UPGRADE =
  'GET /cometd HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

/** Both ends of an open tunnel. */
async function openTunnel(t: TestContext, options?: object) {
  const node = await nodeFor(t);
  const plane = await planeBefore(t, node, options);
  const client = await clientFor(t, plane);
  client.send(UPGRADE);
  const connection = await node.connection();
  await connection.until('\r\n\r\n');
  connection.send(SWITCHING);
  await client.until('\r\n\r\n');
  return { plane, client, connection };
}

describe('a tunnel', () => {
  it('delivers the bytes that come along with the heads, both ways', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(`${UPGRADE}from the client`);
    const connection = await node.connection();
    await connection.until('\r\n\r\n');
    assert.doesNotMatch(connection.received, /from the client/);
    connection.send(`${SWITCHING}from the node`);
    await client.until('\r\n\r\nfrom the node');
    await connection.until('\r\n\r\nfrom the client');
  });

  it('half-closed by the client is half-closed to the node, and ends with the other half', async (t) => {
    const { plane, client, connection } = await openTunnel(t);
    client.socket.end('last words');
    await connection.until('last words');
    await connection.untilEnded();
    connection.send('an answer to them');
    await client.until('an answer to them');
    assert.equal(client.ended, false);
    connection.socket.end();
    await client.untilEnd();
    assert.equal((await plane.recorded()).termination, 'tunnel-closed');
    await eventually(() => plane.stats.clientConnections === 0 && plane.stats.nodeConnections[0] === 0);
  });

  it('half-closed by the node is half-closed to the client, and what that still says arrives', async (t) => {
    const { plane, client, connection } = await openTunnel(t);
    connection.socket.end('last words');
    await client.until('last words');
    await client.untilEnd();
    assert.equal(client.reset, false);
    // The node reads slowly, so that the last of it waits in this process when the client is gone.
    const parting = 'x'.repeat(12_000_000);
    connection.socket.on('data', () => {
      connection.socket.pause();
      setTimeout(() => connection.socket.resume(), 1);
    });
    client.socket.end(parting);
    await connection.until((received) => received.endsWith(parting));
    await connection.untilEnded();
    assert.equal((await plane.recorded()).termination, 'tunnel-closed');
  });

  it('half-closed while the other side still has much to read loses nothing of it', async (t) => {
    const { plane, client, connection } = await openTunnel(t);
    const parting = 'x'.repeat(12_000_000);
    client.socket.pause();
    client.socket.end();
    connection.socket.end(parting);
    await sleep(100);
    client.socket.resume();
    await client.until((received) => received.endsWith(parting));
    assert.equal((await plane.recorded()).termination, 'tunnel-closed');
  });

  it('without a byte for longer than its timeout is closed on both sides', async (t) => {
    const { plane, client, connection } = await openTunnel(t, { timeouts: { tunnel: '200ms' } });
    await client.untilEnd();
    await connection.untilEnded();
    assert.equal((await plane.recorded()).termination, 'tunnel-idle');
  });

  for (const talker of ['client', 'node']) {
    it(`in which only the ${talker} talks is not idle`, async (t) => {
      const { client, connection } = await openTunnel(t, { timeouts: { tunnel: '1s' } });
      for (let n = 0; n < 25; n++) {
        await sleep(100);
        (talker === 'client' ? client : connection).send('x');
      }
      assert.equal(client.ended, false);
      assert.equal(connection.ended, false);
    });
  }

  it('outlives the timeouts of requests', async (t) => {
    const short = { head: '500ms', idle: '500ms', body: '500ms', answer: '500ms', stall: '500ms', nodeIdle: '500ms' };
    const { client, connection } = await openTunnel(t, { timeouts: short });
    await sleep(1500);
    connection.send('still there');
    await client.until('still there');
  });

  for (const side of ['client', 'node']) {
    it(`reset by the ${side} closes on the other side`, async (t) => {
      const { plane, client, connection } = await openTunnel(t);
      if (side === 'client') client.socket.resetAndDestroy();
      else connection.socket.resetAndDestroy();
      await (side === 'client' ? connection.untilEnded() : client.untilEnd());
      assert.equal((await plane.recorded()).termination, 'tunnel-closed');
      assert.equal(plane.stats.tunnels[0], 0);
      assert.equal(plane.stats.inFlight, 0);
    });

    it(`reset by the ${side} before the 101 is none, and the plane goes on`, async (t) => {
      const node = await nodeFor(t);
      const plane = await planeBefore(t, node);
      const client = await clientFor(t, plane);
      client.send(UPGRADE);
      const connection = await node.connection();
      await connection.until('\r\n\r\n');
      if (side === 'client') {
        client.socket.resetAndDestroy();
        await connection.untilEnded();
      } else {
        connection.socket.resetAndDestroy();
        assert.match(await client.untilEnd(), /^HTTP\/1\.1 502 /);
      }
      const record = await plane.recorded();
      assert.equal(record.termination, side === 'client' ? 'client-abort' : 'node-reset');
      assert.equal(record.tunnel, false);
      assert.deepEqual([...plane.stats.tunnels], [0]);
    });
  }

  it('does not run ahead of a side that does not read', async (t) => {
    const { client, connection } = await openTunnel(t);
    client.socket.pause();
    const piece = Buffer.alloc(65_536, 'x');
    for (let n = 0; n < 64 * 16; n++) connection.send(piece);
    let waiting = -1;
    while (waiting !== connection.socket.writableLength) {
      waiting = connection.socket.writableLength;
      await sleep(200);
    }
    assert.ok(waiting > 32 * 1024 * 1024, `only ${waiting} bytes of 64 MiB wait at the node`);
    client.socket.resume();
    await client.until((received) => received.length > 64 * 1024 * 1024);
  });
});
