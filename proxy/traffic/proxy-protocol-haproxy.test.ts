/** PROXY headers as HAProxy sends them: the client's, and its own in health checks. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mint } from '../testing/certificates.ts';
import { eventually } from '../testing/eventually.ts';
import { nodeFor, planeBefore } from '../testing/for-test.ts';
import { HAPROXY_SKIP, startHaproxy } from '../testing/haproxy.ts';
import { RawClient, tcpTo } from '../testing/raw-client.ts';
import { answering, ok } from '../testing/raw-node.ts';
import { TLS_LISTENER, tlsPlaneBefore } from '../testing/tls-plane.ts';

const GET = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n';
const OPTIONS = { listeners: [{ port: 0, proxyProtocol: true }], forwarding: { trustedProxies: ['127.0.0.1'] } };

describe('a client that comes through HAProxy', { skip: HAPROXY_SKIP }, () => {
  it('is known in both versions, beside health checks', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node, OPTIONS);
    const server = `127.0.0.1:${plane.port}`;
    const ports = await startHaproxy(t, [
      `${server} send-proxy`,
      `${server} send-proxy-v2 proxy-v2-options unique-id,crc32c`,
      `${server} send-proxy-v2 check check-send-proxy inter 20ms`,
    ]);
    for (const [index, port] of ports.entries()) {
      const client = await RawClient.open(port, `127.0.0.1${index}`);
      t.after(() => client.close());
      client.send(GET);
      await client.until('ok');
    }
    const clients = [...node.received.matchAll(/X-Forwarded-For: (.*)\r/g)].map(([, client]) => client);
    assert.deepEqual(clients, ['127.0.0.10', '127.0.0.11', '127.0.0.12']);
    // Health checks have come by now, and were taken for what they are.
    const { stats } = plane;
    const before = stats.connectionsAccepted;
    await eventually(() => stats.connectionsAccepted > before + 2);
    assert.deepEqual(new Set(Object.values(stats.connectionRefusals)), new Set([0]));
  });

  it('may speak TLS', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const config = { ...OPTIONS, listeners: [{ ...TLS_LISTENER, proxyProtocol: true }] };
    const plane = await tlsPlaneBefore(t, node, { certificates: [mint()], config });
    const [port = 0] = await startHaproxy(t, [`127.0.0.1:${plane.port} send-proxy-v2`]);
    const client = await RawClient.openTls(port, { socket: tcpTo(port, '127.0.0.10') });
    t.after(() => client.close());
    client.send(GET);
    await client.until('ok');
    assert.match(node.received, /X-Forwarded-For: 127\.0\.0\.10\r\nX-Forwarded-Proto: https\r/);
  });
});
