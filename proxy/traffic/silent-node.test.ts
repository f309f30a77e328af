/** A node that says nothing for a moment: polls, pool and data plane together, before a node on plain sockets. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Watch } from '../pool/testing/watch.ts';
import type { TestPlane } from '../testing/data-plane.ts';
import { clientFor, nodeFor, planeBefore } from '../testing/for-test.ts';
import type { RawClient } from '../testing/raw-client.ts';
import { type NodeSocket, ok, type RawNode } from '../testing/raw-node.ts';

const LIVE = '/cobrowse/cometd';
const TO_NODE = 'Host: a\r\nCookie: gcbSessionServer=CB_1\r\n';
const UPGRADE = 'Upgrade: websocket\r\nConnection: Upgrade\r\n';

/** Answers its polls unless it is silent, and then when it goes on; echoes what comes over tunnels. */
class Pausing {
  silent = false;
  readonly #node: RawNode;

  constructor(node: RawNode) {
    this.#node = node;
    node.onData = (connection) => this.#serve(connection);
  }

  goOn(): void {
    this.silent = false;
    for (const connection of this.#node.connections) this.#serve(connection);
  }

  #serve(connection: NodeSocket): void {
    if (this.silent) return;
    const { received } = connection;
    if (received.includes('/health') && received.endsWith('\r\n\r\n')) this.#say(connection, ok());
    else if (received.includes('Upgrade: websocket'))
      this.#say(connection, `HTTP/1.1 101 Switching Protocols\r\n${UPGRADE}\r\n`);
    else if (received.startsWith('ping')) this.#say(connection, 'pong');
  }

  #say(connection: NodeSocket, bytes: string): void {
    connection.received = '';
    connection.send(bytes);
  }
}

async function setting(t: TestContext): Promise<{ pausing: Pausing; plane: TestPlane; watch: Watch; node: RawNode }> {
  const node = await nodeFor(t);
  const pausing = new Pausing(node);
  const plane = await planeBefore(t, node, { base: '/cobrowse' });
  // The time in which a busy machine still answers a poll.
  const health = { interval: '50ms', fastInterval: '20ms', timeout: '2s', fall: 1, rise: 2 };
  const watch = new Watch(t, [node.port], health, {}, (snapshot) => plane.plane.publish(snapshot));
  await watch.poller.start();
  return { pausing, plane, watch, node };
}

async function openTunnel(t: TestContext, plane: TestPlane): Promise<RawClient> {
  const client = await clientFor(t, plane);
  client.send(`GET ${LIVE} HTTP/1.1\r\n${TO_NODE}${UPGRADE}\r\n`);
  await client.until('101 ');
  return client;
}

async function hold(t: TestContext, plane: TestPlane, node: RawNode): Promise<RawClient> {
  const client = await clientFor(t, plane);
  client.send(`GET ${LIVE}/connect HTTP/1.1\r\n${TO_NODE}\r\n`);
  await node.when(() => node.connections.find(({ received }) => received.includes('/connect')));
  return client;
}

describe('a node that is ejected for its silence', () => {
  it('keeps its WebSockets and long polls when it goes on a moment later', async (t) => {
    const { pausing, plane, watch, node } = await setting(t);
    const tunnel = await openTunnel(t, plane);
    const poll = await hold(t, plane, node);
    for (let pauses = 0; pauses < 2; pauses++) {
      pausing.silent = true;
      await watch.until(() => watch.node().state === 'down');
      pausing.goOn();
      await watch.until(() => watch.node().state === 'up');
    }
    tunnel.send('ping');
    await tunnel.until('pong');
    const held = node.connections.find(({ received }) => received.includes('/connect'));
    held?.send(ok('polled'));
    await poll.until('polled');
    assert.equal(plane.records.length, 1);
    assert.equal((await plane.recorded()).termination, 'completed');
  });

  it('loses them when it stays silent, told as ever', async (t) => {
    const { pausing, plane, watch, node } = await setting(t);
    const tunnel = await openTunnel(t, plane);
    const poll = await hold(t, plane, node);
    pausing.silent = true;
    await watch.until(() => watch.node().state === 'down');
    assert.equal(plane.records.length, 0);
    assert.match(await poll.untilEnd(), /^HTTP\/1\.1 503 .*Retry-After: .*"node_unreachable"/s);
    await tunnel.untilEnd();
    await plane.recorded(({ tunnel }) => tunnel);
    assert.deepEqual(
      plane.records.map(({ termination }) => termination),
      ['node-ejected', 'node-ejected'],
    );
  });
});
