/** Polls of nodes with TLS: what is wrong with it is told. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { TlsOptions } from 'node:tls';
import { mint } from '../testing/certificates.ts';
import { nodeFor } from '../testing/for-test.ts';
import { NODE_CA, NODE_CERTIFICATE, NODE_FILES } from '../testing/tls-node.ts';
import { NodeTls } from '../tls/node-tls.ts';
import { nodeContext } from '../tls/secure-context.ts';
import type { HealthResult } from './health.ts';
import { poll } from './poll.ts';
import { refusedPort } from './testing/servers.ts';

const LONG_MS = 60_000;
const { cert, key } = NODE_CERTIFICATE;
const REFUSES =
  'it refuses the handshake: nothing that both can speak, or it wants a certificate that the proxy has not got';
const NOTHING = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

function tlsTo(port: number, ca = NODE_CA.cert, serverName?: string): NodeTls {
  return new NodeTls({ host: '127.0.0.1', port, serverName, context: nodeContext({ ca }) });
}

function pollPort(port: number, tls = tlsTo(port), timeout = LONG_MS): Promise<HealthResult> {
  const node = { scheme: 'https', authority: `127.0.0.1:${port}`, base: '' } as const;
  return poll(node, '/health', timeout, new AbortController(), tls);
}

async function portOf(t: TestContext, tls?: TlsOptions): Promise<number> {
  return (await nodeFor(t, ({ socket }) => socket.end(NOTHING), tls)).port;
}

describe('a poll of a node with TLS', () => {
  it('is answered, and resumes the session of the one before', async (t) => {
    const node = await nodeFor(t, ({ socket }) => socket.end(NOTHING), { cert, key });
    const tls = tlsTo(node.port);
    for (let i = 0; i < 3; i++) assert.equal((await pollPort(node.port, tls)).kind, 'ok');
    assert.deepEqual(
      node.connections.map(({ resumed }) => resumed),
      [false, true, true],
    );
  });

  const expired = mint({ names: ['127.0.0.1'], by: NODE_CA, from: 0, to: 1000 });
  for (const [what, why, tls, ca = NODE_CA.cert, serverName = undefined] of [
    ['another CA', 'its certificate is not of a CA that is trusted', NODE_CERTIFICATE, NODE_FILES['other-ca']],
    ['no CA', 'its certificate is not of a CA that is trusted', mint({ names: ['127.0.0.1'] })],
    ['another name', 'its certificate is for other names', NODE_CERTIFICATE, NODE_CA.cert, 'other.example'],
    ['expired', 'its certificate has expired', expired],
    [
      'a client certificate is wanted',
      "it refuses the proxy's certificate",
      { cert, key, requestCert: true, ca: NODE_CA.cert },
    ],
    [
      'a client certificate is wanted in TLS 1.2',
      REFUSES,
      { cert, key, requestCert: true, ca: NODE_CA.cert, maxVersion: 'TLSv1.2' },
    ],
    ['no curve in common', REFUSES, { cert, key, ecdhCurve: 'secp521r1' }],
    ['plain HTTP', 'it does not speak TLS', undefined],
  ] as const) {
    it(`fails: ${what}`, async (t) => {
      const port = await portOf(t, tls === undefined ? undefined : tls);
      assert.deepEqual(await pollPort(port, tlsTo(port, ca, serverName)), { kind: 'failed', reason: 'tls', why });
    });
  }

  it('fails as any other where nobody listens, or nobody answers', async (t) => {
    assert.deepEqual(await pollPort(await refusedPort()), { kind: 'failed', reason: 'refused' });
    const silent = await nodeFor(t);
    assert.deepEqual(await pollPort(silent.port, undefined, 50), { kind: 'failed', reason: 'timeout' });
    const breaks = await nodeFor(t, ({ socket }) => socket.destroy(), { cert, key });
    assert.deepEqual(await pollPort(breaks.port), { kind: 'failed', reason: 'reset' });
  });
});
