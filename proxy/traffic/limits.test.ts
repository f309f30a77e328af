/** Clients that come too often or with too many connections: what they get, and that others are none the worse. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestPlane } from '../testing/data-plane.ts';
import { eventually } from '../testing/eventually.ts';
import { clientFor, nodeFor, planeBefore } from '../testing/for-test.ts';
import { proxyV1 } from '../testing/proxy-headers.ts';
import { RawClient } from '../testing/raw-client.ts';
import { answering, ok } from '../testing/raw-node.ts';

const GET = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n';
const from = (address: string): string => `GET /x HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ${address}\r\n\r\n`;

/** Whether a new connection gets an answer; else it was reset. */
async function getsIn({ port }: { readonly port: number }): Promise<boolean> {
  // The reset may come before this process knows that it is connected.
  const client = await RawClient.open(port).catch(() => undefined);
  if (client === undefined) return false;
  client.send(GET);
  const answered = await client.until('200').catch(() => '');
  client.close();
  if (answered === '') assert.equal(client.received, '');
  return answered !== '';
}

async function openAt(plane: TestPlane, connections: number): Promise<void> {
  await eventually(() => plane.stats.clientConnections === connections);
}

describe('connections over a limit', () => {
  for (const [reason, options] of [
    ['limit', { limits: { connections: 2 } }],
    ['listener-limit', { listeners: [{ port: 0, maxConnections: 2 }] }],
    ['address-limit', { limits: { perAddress: { connections: 2 } } }],
  ] as const) {
    it(`(${reason}) are reset and counted, those before go on, and one that closes makes room`, async (t) => {
      const plane = await planeBefore(t, await nodeFor(t, answering(ok())), { workers: 1, ...options });
      const first = await clientFor(t, plane);
      const second = await clientFor(t, plane);
      await openAt(plane, 2);
      for (let i = 0; i < 3; i++) assert.equal(await getsIn(plane), false);
      assert.equal(plane.stats.connectionRefusals[reason], 3);
      for (const client of [first, second]) {
        client.send(GET);
        await client.until('200');
      }
      first.close();
      await openAt(plane, 1);
      assert.equal(await getsIn(plane), true);
      await openAt(plane, 1);
      assert.equal(await getsIn(plane), true);
    });
  }

  it('are over the share of this worker of several', async (t) => {
    const plane = await planeBefore(t, await nodeFor(t, answering(ok())), { workers: 2, limits: { connections: 5 } });
    for (const open of [1, 2]) {
      await clientFor(t, plane);
      await openAt(plane, open);
    }
    assert.equal(await getsIn(plane), false);
  });

  it('may come as many as they are through a trusted proxy', async (t) => {
    const plane = await planeBefore(t, await nodeFor(t, answering(ok())), {
      workers: 1,
      forwarding: { trustedProxies: ['127.0.0.1'] },
      limits: { perAddress: { connections: 1 } },
    });
    await clientFor(t, plane);
    await openAt(plane, 1);
    assert.equal(await getsIn(plane), true);
  });

  it('follow a reload', async (t) => {
    const plane = await planeBefore(t, await nodeFor(t, answering(ok())), { workers: 1 });
    await clientFor(t, plane);
    await openAt(plane, 1);
    plane.reconfigure({ workers: 1, limits: { connections: 1 } });
    assert.equal(await getsIn(plane), false);
    plane.reconfigure({ workers: 1 });
    assert.equal(await getsIn(plane), true);
  });
});

describe('requests over the rate of a client', () => {
  const limits = { perAddress: { requestsPerSecond: 1, burst: 2 } };
  const STRICT = { workers: 2, limits };
  /** At another worker, and so much that no slow machine sees it come in again. */
  const spend = (plane: TestPlane, client: string): void => plane.plane.charge([[client, 500]]);
  const statuses = (answers: string): string => answers.match(/(?<=HTTP\/1\.1 )\d+/g)?.join(' ') ?? '';
  const answered =
    (count: number) =>
    (received: string): boolean =>
      received.match(/HTTP/g)?.length === count && /ok$|\}\}$/.test(received);

  it('are answered with 429 on a connection that stays, and no node hears of them', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node, STRICT);
    const client = await clientFor(t, plane);
    client.send(GET);
    await client.until('ok');
    spend(plane, '127.0.0.1');
    client.send(GET.repeat(2));
    const answers = await client.until(answered(3));
    assert.equal(statuses(answers), '200 429 429');
    assert.match(answers, /^Retry-After: \d{3}\r$/m);
    assert.doesNotMatch(answers, /^Connection: close/m);
    assert.equal(node.received.split('GET /x').length - 1, 1);
    const record = await plane.recorded(({ status }) => status === 429);
    assert.deepEqual([record.termination, record.error, record.node], ['refused', 'too_many_requests', '']);
    assert.equal(plane.stats.snapshot().refusals.too_many_requests, 2);
  });

  it('are told to the other workers', async (t) => {
    const plane = await planeBefore(t, await nodeFor(t, answering(ok())), STRICT);
    const client = await clientFor(t, plane);
    client.send(GET);
    await client.until('ok');
    await eventually(() => plane.spending.length > 0);
    assert.deepEqual(plane.spending, [['127.0.0.1', 1]]);
  });

  it('are those of the client behind a trusted proxy, and not of others behind it nor of the proxy itself', async (t) => {
    const forwarding = { trustedProxies: ['127.0.0.1'] };
    const plane = await planeBefore(t, await nodeFor(t, answering(ok())), { ...STRICT, forwarding });
    spend(plane, '192.0.2.1');
    spend(plane, '127.0.0.1');
    const client = await clientFor(t, plane);
    client.send(from('192.0.2.1') + from('192.0.2.2') + GET.repeat(3));
    assert.equal(statuses(await client.until(answered(5))), '429 200 200 200 200');
  });

  it('are not counted together where a PROXY header does not say whose they are', async (t) => {
    const plane = await planeBefore(t, await nodeFor(t, answering(ok())), {
      ...STRICT,
      listeners: [{ port: 0, proxyProtocol: true }],
      forwarding: { trustedProxies: ['127.0.0.1'] },
    });
    spend(plane, '192.0.2.1');
    spend(plane, '127.0.0.1');
    const unknown = await clientFor(t, plane);
    unknown.send(`PROXY UNKNOWN\r\n${GET}`);
    assert.equal(statuses(await unknown.until(answered(1))), '200');
    const known = await clientFor(t, plane);
    known.send(`${proxyV1('192.0.2.1')}${GET}`);
    assert.equal(statuses(await known.until(answered(1))), '429');
  });

  it('are not told apart by what a stranger says of itself', async (t) => {
    const plane = await planeBefore(t, await nodeFor(t, answering(ok())), STRICT);
    spend(plane, '127.0.0.1');
    const client = await clientFor(t, plane);
    client.send(from('192.0.2.1'));
    assert.equal(statuses(await client.until(answered(1))), '429');
  });

  it('have their bodies left unread', async (t) => {
    const plane = await planeBefore(t, await nodeFor(t, answering(ok())), STRICT);
    spend(plane, '127.0.0.1');
    const client = await clientFor(t, plane);
    client.send(`POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 34\r\n\r\n${GET}`);
    assert.equal(statuses(await client.untilEnd()), '429');
    assert.equal(plane.records.length, 1);
  });
});
