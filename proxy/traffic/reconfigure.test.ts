/** A new configuration is taken in place: nothing under way notices. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../testing/eventually.ts';
import { clientFor, nodeFor, planeBefore, planeFor } from '../testing/for-test.ts';
import { exchangeRaw } from '../testing/raw-client.ts';
import { answering, ok } from '../testing/raw-node.ts';

const UPGRADE = 'Upgrade: websocket\r\nConnection: Upgrade\r\n';

describe('a new configuration', () => {
  it('holds for the next request, while a held poll and a tunnel go on', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    const [poll, socket, client] = await Promise.all([1, 2, 3].map(() => clientFor(t, plane)));
    assert.ok(poll && socket && client);
    poll.send('GET /cometd/poll HTTP/1.1\r\nHost: a\r\n\r\n');
    const polled = await node.connection(0);
    await polled.until('GET /cometd/poll');
    socket.send(`GET /cometd HTTP/1.1\r\nHost: a\r\n${UPGRADE}\r\n`);
    const tunnel = await node.connection(1);
    await tunnel.until('\r\n\r\n');
    tunnel.send(`HTTP/1.1 101 Switching Protocols\r\n${UPGRADE}\r\n`);
    await socket.until('101 ');

    plane.reconfigure({ forwarding: { via: 'renamed' }, limits: { body: '4B' } });
    client.send('GET /next HTTP/1.1\r\nHost: a\r\n\r\n');
    await (await node.connection(2)).until('Via: 1.1 cobrowse-proxy');
    const answer = await exchangeRaw(plane.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello');
    assert.match(answer, /^HTTP\/1\.1 413 /);

    socket.send('still');
    await tunnel.until('still');
    polled.send(ok('polled'));
    await poll.until('polled');
  });

  it('gives back no retries that were used, unless it says how many there are', async (t) => {
    const node = await nodeFor(t);
    const retries = { budget: 0, burst: 1 };
    const { plane, reconfigure } = await planeBefore(t, node, { retries });
    assert.equal(plane.retryBudget.spend(), true);
    reconfigure({ retries, forwarding: { via: 'renamed' } });
    assert.equal(plane.retryBudget.spend(), false);
    reconfigure({ retries: { budget: 0, burst: 2 } });
    assert.equal(plane.retryBudget.spend(), true);
  });

  it('brings a node, which gets its share and its counters', async (t) => {
    const nodes = await Promise.all(['one', 'two'].map((name) => nodeFor(t, answering(ok(name)))));
    const [one, two] = nodes;
    assert.ok(one && two);
    const plane = await planeFor(t, [{ name: 'CB_1', port: one.port }], { balance: 'round-robin' });
    plane.reconfigure({ balance: 'round-robin' }, [
      { name: 'CB_1', port: one.port },
      { name: 'CB_2', port: two.port },
    ]);
    for (let n = 0; n < 4; n++) {
      await exchangeRaw(plane.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    }
    assert.ok(two.received.includes('GET / '));
    assert.equal(plane.stats.snapshot().nodes[1]?.name, 'CB_2');
    assert.equal(plane.stats.snapshot().nodes[1]?.requests.length, 1);
  });
});

describe('a new configuration of the session directory', () => {
  it('holds for what is remembered already', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node, { affinity: { directory: 2 } });
    const { directory, view } = plane.plane;
    const [owner] = view.nodes;
    assert.ok(owner);
    for (const token of ['1', '2']) directory.learnSession(view, token, owner, 'create');
    plane.reconfigure({ affinity: { directory: 1 } });
    assert.equal(directory.ownerOfSession(plane.plane.view, '1').kind, 'absent');
    assert.equal(directory.ownerOfSession(plane.plane.view, '2').kind, 'owner');
  });
});

describe('tunnels of a drained node', () => {
  it('are closed at a pace', async (t) => {
    const node = await nodeFor(t, (connection) => {
      connection.send(`HTTP/1.1 101 Switching Protocols\r\n${UPGRADE}\r\n`);
    });
    const plane = await planeBefore(t, node);
    const clients = await Promise.all([1, 2, 3].map(() => clientFor(t, plane)));
    for (const client of clients) {
      client.send(`GET /cometd HTTP/1.1\r\nHost: a\r\n${UPGRADE}\r\n`);
      await client.until('101 ');
    }
    plane.change('CB_1', { operator: 'maintenance' });
    const began = performance.now();
    plane.plane.closeTunnels('CB_1', 10, 'drained');
    await Promise.all(clients.map((client) => client.untilEnd()));
    await eventually(() => plane.records.length === 3);
    assert.ok(performance.now() - began >= 290, 'a tenth of a second before each');
    assert.deepEqual(
      plane.records.map(({ termination }) => termination),
      ['drained', 'drained', 'drained'],
    );
  });
});

describe('when no node answers its polls', () => {
  for (const [allDown, expected] of [
    ['fail', /^HTTP\/1\.1 503 .*"no_node_available"/s],
    ['try-anyway', /^HTTP\/1\.1 200 .*alive/s],
  ] as const) {
    it(`allDown: ${allDown}`, async (t) => {
      const node = await nodeFor(t, answering(ok('alive')));
      const plane = await planeBefore(t, node, { allDown });
      plane.change('CB_1', { state: 'down' });
      const get = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
      assert.match(await exchangeRaw(plane.port, get), expected);
    });
  }
});
