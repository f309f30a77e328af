/** Long polls that their node holds: what is kept of them meanwhile, and that they end as any other request. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { eventually } from '../testing/eventually.ts';
import { clientFor, nodeFor, planeBefore } from '../testing/for-test.ts';
import { until } from '../testing/until.ts';

const BODY = '[{"channel":"/meta/connect"}]';
const pollOf = (fields = ''): string =>
  `POST /cometd/connect HTTP/1.1\r\nHost: a\r\nCookie: gcbSessionServer=CB_1\r\nOrigin: https://shop.example\r\n${fields}` +
  `Content-Length: ${BODY.length}\r\n\r\n${BODY}`;
/** Held for longer, a poll has nothing left of its head. */
const HELD_MS = 1_500;

describe('a held poll', () => {
  it('is answered, recorded and followed by the next request on its connection', async (t) => {
    const node = await nodeFor(t, () => {});
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send(pollOf());
    const upstream = await node.connection(0);
    await upstream.until(BODY);
    await sleep(HELD_MS);
    upstream.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnews');
    await client.until('news');
    client.send(pollOf('X-Second: 1\r\n'));
    await upstream.until('X-Second: 1');
    upstream.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmore');
    await client.until('more');
    const [first] = plane.records;
    assert.deepEqual(
      [first?.method, first?.target, first?.class, first?.status, first?.termination, first?.clientAddress],
      ['POST', '/cometd/connect', 'live', 200, 'completed', '127.0.0.1'],
    );
    assert.equal(node.connections.length, 1);
  });

  it('has as long as any other request, and its page may read why it is refused', async (t) => {
    const node = await nodeFor(t, () => {});
    const plane = await planeBefore(t, node, { timeouts: { answer: '2s' } });
    const client = await clientFor(t, plane);
    client.send(pollOf());
    const answer = await client.until('}}');
    assert.match(answer, /^HTTP\/1\.1 504 /);
    assert.match(answer, /\r\nAccess-Control-Allow-Origin: https:\/\/shop\.example\r\n/);
    const [record] = plane.records;
    assert.deepEqual([record?.termination, record?.target], ['node-timeout', '/cometd/connect']);
  });

  it('keeps nothing of a long head', async (t) => {
    const polls = 200;
    const head = `X-Long: ${'x'.repeat(8_000)}\r\n`;
    const node = await nodeFor(t, (connection) => {
      connection.received = '';
    });
    const plane = await planeBefore(t, node);
    const clients: Socket[] = [];
    t.after(() => {
      for (const client of clients) client.destroy();
    });
    // What is there once only: functions that are compiled, an arena for buffers.
    await open(plane.port, pollOf(), 20, clients);
    await eventually(() => node.connections.length === 20);
    await sleep(HELD_MS);
    const before = heapUsed();
    await open(plane.port, pollOf(head), polls, clients);
    await eventually(() => node.connections.length === 20 + polls);
    // With four sockets of this process, and without any head.
    await until(
      async () => (heapUsed() - before) / polls,
      (each) => each < 12_000,
    );
  });
});

async function open(port: number, request: string, count: number, clients: Socket[]): Promise<void> {
  for (let i = 0; i < count; i++) {
    const client = connect({ port, host: '127.0.0.1' });
    clients.push(client);
    await once(client, 'connect');
    await new Promise((sent) => client.write(request, 'latin1', sent));
  }
}

function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}
