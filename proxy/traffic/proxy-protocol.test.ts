/** Listeners whose connections begin with a PROXY header: whom they name, and who may not. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { mint } from '../testing/certificates.ts';
import type { TestPlane } from '../testing/data-plane.ts';
import { eventually } from '../testing/eventually.ts';
import { clientFor, nodeFor, planeBefore } from '../testing/for-test.ts';
import { proxyV1, proxyV2, v2Header } from '../testing/proxy-headers.ts';
import { RawClient, tcpTo } from '../testing/raw-client.ts';
import { answering, ok, type RawNode } from '../testing/raw-node.ts';
import { TLS_LISTENER, tlsPlaneBefore } from '../testing/tls-plane.ts';

const GET = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n';
const FORGED = 'GET /x HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n';
const LISTENER = { port: 0, proxyProtocol: true };
const OPTIONS = { listeners: [LISTENER], forwarding: { trustedProxies: ['127.0.0.1'] }, workers: 1 };

function planeFor(t: TestContext, node: RawNode, options: object = {}): Promise<TestPlane> {
  return planeBefore(t, node, { ...OPTIONS, ...options });
}

/** What nodes were told of their clients, in order. */
function clientsOf({ received }: RawNode): readonly string[] {
  return [...received.matchAll(/X-Forwarded-For: (.*)\r/g)].map(([, client = '']) => client);
}

describe('a connection that begins with a PROXY header', () => {
  for (const [name, header, client] of [
    ['v1', proxyV1('192.0.2.1'), '192.0.2.1'],
    ['v1 of IPv6', proxyV1('2001:db8::1'), '2001:db8::1'],
    ['v2', proxyV2('192.0.2.1', Buffer.from([4, 0, 1, 0])), '192.0.2.1'],
    ['v2 of IPv6', proxyV2('2001:db8:0:0:0:0:0:1'), '2001:db8::1'],
    ['v2 of an IPv4 address in IPv6', proxyV2('0:0:0:0:0:ffff:c000:201'), '192.0.2.1'],
    ['of an unknown client', 'PROXY UNKNOWN\r\n', '127.0.0.1'],
    ['of the proxy itself', v2Header({ command: 0 }), '127.0.0.1'],
  ] as const) {
    it(`(${name}) is that client’s, for nodes and for the log`, async (t) => {
      const node = await nodeFor(t, answering(ok()));
      const plane = await planeFor(t, node);
      const connection = await clientFor(t, plane);
      // In one piece, then byte by byte, and what is behind it at once.
      connection.send(Buffer.concat([Buffer.from(header as string, 'latin1'), Buffer.from(FORGED + GET)]));
      await connection.until((received) => received.split('ok').length === 3);
      const slow = await clientFor(t, plane);
      for (const byte of Buffer.from(header as string, 'latin1')) {
        slow.send(Buffer.of(byte));
        await new Promise(setImmediate);
      }
      slow.send(GET);
      await slow.until('ok');
      assert.deepEqual(clientsOf(node), [client, client, client]);
      assert.deepEqual(new Set(plane.records.map(({ clientAddress }) => clientAddress)), new Set([client]));
    });
  }

  it('and comes through another trusted proxy is whom that names', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeFor(t, node, { forwarding: { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] } });
    const connection = await clientFor(t, plane);
    connection.send(proxyV1('10.1.1.1') + FORGED);
    await connection.until('ok');
    assert.deepEqual(clientsOf(node), ['203.0.113.9, 10.1.1.1']);
    assert.equal((await plane.recorded()).clientAddress, '203.0.113.9');
  });

  it('may go on with TLS', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const listeners = [{ ...TLS_LISTENER, proxyProtocol: true }];
    const plane = await tlsPlaneBefore(t, node, { certificates: [mint()], config: { ...OPTIONS, listeners } });
    for (const header of [proxyV1('192.0.2.1'), proxyV2('192.0.2.2')]) {
      const socket = tcpTo(plane.port);
      socket.write(header);
      const client = await RawClient.openTls(plane.port, { socket });
      t.after(() => client.close());
      client.send(GET);
      await client.until('ok');
    }
    assert.deepEqual(clientsOf(node), ['192.0.2.1', '192.0.2.2']);
    assert.match(node.received, /X-Forwarded-Proto: https\r/);
  });

  it('and a ClientHello in the same piece is served as well', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const listeners = [{ ...TLS_LISTENER, proxyProtocol: true }];
    const plane = await tlsPlaneBefore(t, node, { certificates: [mint()], config: { ...OPTIONS, listeners } });
    const socket = tcpTo(plane.port);
    socket.cork();
    socket.write(proxyV1('192.0.2.1'));
    socket.once('connect', () => setImmediate(() => socket.uncork()));
    const client = await RawClient.openTls(plane.port, { socket });
    t.after(() => client.close());
    client.send(GET);
    await client.until('ok');
    assert.deepEqual(clientsOf(node), ['192.0.2.1']);
  });

  it('is limited by that client’s address, and a proxy’s health checks are not', async (t) => {
    const limits = { perAddress: { connections: 1 } };
    const plane = await planeFor(t, await nodeFor(t, answering(ok())), { limits });
    const first = await clientFor(t, plane);
    first.send(proxyV1('2001:db8::1') + GET);
    await first.until('ok');
    const second = await clientFor(t, plane);
    second.send(proxyV1('2001:db8::2') + GET);
    assert.equal(await second.untilEnd(), '');
    assert.equal(plane.stats.connectionRefusals['address-limit'], 1);
    for (const header of [proxyV1('2001:db8:0:1::1'), 'PROXY UNKNOWN\r\n', 'PROXY UNKNOWN\r\n']) {
      const other = await clientFor(t, plane);
      other.send(header + GET);
      await other.until('ok');
    }
    first.close();
    await eventually(() => plane.stats.clientConnections === 3);
    const again = await clientFor(t, plane);
    again.send(proxyV1('2001:db8::2') + GET);
    await again.until('ok');
  });
});

describe('a connection that should begin with a PROXY header', () => {
  for (const [why, bytes] of [
    ['begins with a request', GET],
    ['begins with a ClientHello', '\x16\x03\x01\x02\x00'],
    ['has a broken one', `PROXY TCP4 192.0.2.1\r\n${GET}`],
  ] as const) {
    it(`and ${why} is reset and counted`, async (t) => {
      const node = await nodeFor(t, answering(ok()));
      const plane = await planeFor(t, node);
      const connection = await clientFor(t, plane);
      connection.send(bytes);
      assert.equal(await connection.untilEnd(), '');
      assert.equal(plane.stats.connectionRefusals['proxy-malformed'], 1);
      await eventually(() => plane.stats.clientConnections === 0);
      assert.equal(node.received, '');
    });
  }

  it('of a stranger is reset, whatever it says', async (t) => {
    const plane = await planeFor(t, await nodeFor(t), { forwarding: { trustedProxies: ['10.0.0.0/8'] } });
    // The reset may come before this process knows that it is connected.
    const connection = await RawClient.open(plane.port).catch(() => undefined);
    connection?.send(proxyV1('10.0.0.1') + GET);
    assert.equal((await connection?.untilEnd()) ?? '', '');
    await eventually(() => plane.stats.connectionRefusals['proxy-untrusted'] === 1);
    await eventually(() => plane.stats.clientConnections === 0);
  });

  it('and says nothing in time is reset, and others are served', async (t) => {
    const timeouts = { handshake: '100ms' };
    const plane = await planeFor(t, await nodeFor(t, answering(ok())), { timeouts });
    const quiet = await clientFor(t, plane);
    const slow = await clientFor(t, plane);
    slow.send('PROXY TCP4');
    await Promise.all([quiet.untilEnd(), slow.untilEnd()]);
    assert.equal(plane.stats.connectionRefusals['proxy-timeout'], 2);
    // This one has all the time that it wants.
    plane.reconfigure(OPTIONS);
    const other = await clientFor(t, plane);
    other.send(proxyV1('192.0.2.1') + GET);
    await other.until('ok');
  });

  it('and only looks whether there is a listener is no failure', async (t) => {
    const plane = await planeFor(t, await nodeFor(t));
    const connection = await clientFor(t, plane);
    connection.socket.end();
    await connection.untilEnd();
    await eventually(() => plane.stats.clientConnections === 0);
    assert.deepEqual(new Set(Object.values(plane.stats.connectionRefusals)), new Set([0]));
  });

  it('does not hold up a shutdown', async (t) => {
    const plane = await planeFor(t, await nodeFor(t));
    const connection = await clientFor(t, plane);
    await eventually(() => plane.stats.clientConnections === 1);
    await plane.plane.shutdown(60_000);
    await connection.untilEnd();
  });
});
