/** HTTP/2 at listeners with rules, limits and PROXY headers: the same as for HTTP/1.1. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { describe, it, type TestContext } from 'node:test';
import { mint } from '../../testing/certificates.ts';
import type { TestPlane } from '../../testing/data-plane.ts';
import { nodeFor, planeBefore } from '../../testing/for-test.ts';
import { ask, sessionFor } from '../../testing/http2-client.ts';
import { proxyV2 } from '../../testing/proxy-headers.ts';
import { RawClient, tcpTo } from '../../testing/raw-client.ts';
import { answering, ok, type RawNode } from '../../testing/raw-node.ts';
import { TLS_LISTENER, tlsPlaneBefore } from '../../testing/tls-plane.ts';

const PROXIED = { proxyProtocol: true };
const FORWARDING = { trustedProxies: ['127.0.0.1'] };

/** Over a connection that began with a PROXY header of 192.0.2.1. */
async function proxiedSession(t: TestContext, plane: TestPlane, secure: boolean) {
  const tcp = tcpTo(plane.port);
  tcp.write(proxyV2('192.0.2.1'));
  const socket = secure
    ? (await RawClient.openTls(plane.port, { socket: tcp, ALPNProtocols: ['h2'] })).socket
    : await once(tcp, 'connect').then(() => tcp);
  socket.removeAllListeners('data');
  const session = connect(`${secure ? 'https' : 'http'}://127.0.0.1:${plane.port}`, { createConnection: () => socket });
  session.on('error', () => {});
  t.after(() => session.destroy());
  return session;
}

function clientOf({ received }: RawNode): string | undefined {
  return /X-Forwarded-For: (.*)\r/.exec(received)?.[1];
}

describe('a client of HTTP/2', () => {
  it('is whom the PROXY header before its preface names', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const listeners = [{ port: 0, http2: true, ...PROXIED }];
    const plane = await planeBefore(t, node, { listeners, forwarding: FORWARDING });
    const session = await proxiedSession(t, plane, false);
    assert.equal((await ask(session)).status, 200);
    assert.equal(clientOf(node), '192.0.2.1');
  });

  it('is whom the PROXY header before its handshake names', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const config = { listeners: [{ ...TLS_LISTENER, ...PROXIED }], forwarding: FORWARDING };
    const plane = await tlsPlaneBefore(t, node, { certificates: [mint()], config });
    const session = await proxiedSession(t, plane, true);
    assert.equal((await ask(session)).status, 200);
    assert.equal(clientOf(node), '192.0.2.1');
  });

  it('gets what the listener serves, and is held to the rate of its address', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node, {
      base: '/cobrowse',
      workers: 2,
      listeners: [{ port: 0, http2: true, audience: 'public' }],
      limits: { perAddress: { requestsPerSecond: 1, burst: 100 } },
    });
    const session = sessionFor(t, plane);
    const statusOf = async (path: string): Promise<number> => (await ask(session, { ':path': path })).status;
    assert.equal(await statusOf('/cobrowse/js/x.js'), 200);
    assert.equal(await statusOf('/cobrowse/rest/history/sessions/1'), 404);
    assert.equal(await statusOf('/cobrowse/js/..%2frest/history/sessions/1'), 400);
    plane.plane.charge([['127.0.0.1', 1_000]]);
    assert.equal(await statusOf('/cobrowse/js/x.js'), 429);
    assert.equal(node.received.match(/^GET/gm)?.length, 1);
  });
});
