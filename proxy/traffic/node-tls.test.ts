/** TLS to nodes: who is spoken to, who is not, and what becomes of the request. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TlsOptions } from 'node:tls';
import { refusedPort } from '../pool/testing/servers.ts';
import { mint } from '../testing/certificates.ts';
import type { TestPlane } from '../testing/data-plane.ts';
import { clientFor, nodeFor, planeBefore, planeFor } from '../testing/for-test.ts';
import { ask } from '../testing/http-client.ts';
import { answering, ok, type RawNode } from '../testing/raw-node.ts';
import {
  NODE_CA,
  NODE_CERTIFICATE,
  NODE_FILES,
  PROXY_CERTIFICATE,
  planeBeforeTls,
  tlsNodeFor,
  tlsOf,
} from '../testing/tls-node.ts';

const DAY_MS = 86_400_000;
const { cert, key } = NODE_CERTIFICATE;
const CLOSING = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok';

async function answersOf(plane: TestPlane, count: number): Promise<readonly string[]> {
  const answers: string[] = [];
  for (let i = 0; i < count; i++) answers.push((await ask(plane.port)).body);
  return answers;
}

async function refusalOf(plane: TestPlane, path = '/'): Promise<string> {
  const { body } = await ask(plane.port, { path });
  return (JSON.parse(body) as { error: { code: string } }).error.code;
}

function resumed(node: RawNode): readonly boolean[] {
  return node.connections.map((connection) => connection.resumed);
}

describe('a node with TLS', () => {
  it('is asked over HTTP/1.1, on a connection that is kept', async (t) => {
    const node = await nodeFor(t, answering(ok()), { cert, key, ALPNProtocols: ['h2', 'http/1.1'] });
    const plane = await planeBeforeTls(t, node);
    assert.deepEqual(await answersOf(plane, 3), ['ok', 'ok', 'ok']);
    const [connection, ...more] = node.connections;
    assert.ok(connection && more.length === 0);
    assert.equal(tlsOf(connection).alpnProtocol, 'http/1.1');
    assert.match(node.received, /^Host: 127\.0\.0\.1:\d+\r$/m);
    assert.match(node.received, /^X-Forwarded-Proto: http\r$/m);
  });

  it('is told the name that it has to prove', async (t) => {
    const node = await nodeFor(t, answering(ok()), { cert, key });
    const plane = await planeBeforeTls(t, node, { tls: { ca: 'ca', serverName: 'node.example' } });
    assert.deepEqual(await answersOf(plane, 1), ['ok']);
    assert.equal(tlsOf(await node.connection()).servername, 'node.example');
  });

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`resumes its session on a new connection (${maxVersion})`, async (t) => {
      const node = await nodeFor(t, ({ socket }) => socket.end(CLOSING), { cert, key, maxVersion });
      const plane = await planeBeforeTls(t, node);
      assert.deepEqual(await answersOf(plane, 3), ['ok', 'ok', 'ok']);
      assert.deepEqual(resumed(node), [false, true, true]);
    });

    it(`is shown the certificate of the proxy (${maxVersion})`, async (t) => {
      const asks = { cert, key, maxVersion, requestCert: true, ca: NODE_CA.cert };
      const node = await nodeFor(t, answering(ok()), asks);
      const plane = await planeBeforeTls(t, node, { tls: { ca: 'ca', cert: 'cert', key: 'key' } });
      assert.deepEqual(await answersOf(plane, 1), ['ok']);
      const shown = tlsOf(await node.connection()).getPeerCertificate();
      assert.equal(shown.fingerprint256, PROXY_CERTIFICATE.fingerprint);
    });
  }

  it('that wants a certificate which the proxy has not got hears of no request', async (t) => {
    const node = await nodeFor(t, answering(ok()), { cert, key, requestCert: true, ca: NODE_CA.cert });
    const plane = await planeBeforeTls(t, node);
    assert.equal(await refusalOf(plane), 'node_failed');
    assert.equal(node.received, '');
    assert.equal(plane.refusedNodes[0], 'CB_1');
  });

  it('gets no request on a connection that was verified by the CA of before', async (t) => {
    const { node, plane } = await tlsNodeFor(t, answering(ok()));
    assert.deepEqual(await answersOf(plane, 1), ['ok']);
    const nodes = [{ name: 'CB_1', port: node.port, tls: { ca: 'ca' } }];
    plane.reconfigure({}, nodes, [], { ...NODE_FILES, ca: NODE_FILES['other-ca'] });
    assert.equal(await refusalOf(plane), 'no_node_available');
    assert.equal(plane.records.at(-1)?.termination, 'node-tls');
    plane.reconfigure({}, nodes, [], NODE_FILES);
    assert.deepEqual(await answersOf(plane, 1), ['ok']);
    assert.deepEqual(resumed(node), [false, false]);
  });

  it('is asked whose session it is', async (t) => {
    const session = JSON.stringify({ sessionToken: '845800826', sessionServerName: 'CB_1' });
    const { node, plane } = await tlsNodeFor(t, answering(ok(session)));
    const answer = await ask(plane.port, { path: '/rest/live/sessions/845800826' });
    assert.equal(answer.body, session);
    assert.equal(plane.records[0]?.by, 'session');
    assert.deepEqual(resumed(node), [false, true]);
    assert.match(node.received, /user-agent: cobrowse-proxy-lookup/i);
  });

  it('keeps its connections when a reload changes nothing about it', async (t) => {
    const { node, plane } = await tlsNodeFor(t, answering(ok()));
    assert.deepEqual(await answersOf(plane, 1), ['ok']);
    plane.reconfigure({ balance: 'round-robin' });
    assert.deepEqual(await answersOf(plane, 1), ['ok']);
    assert.equal(node.connections.length, 1);
  });

  it('that a reload finds in clear is not asked on a connection with TLS', async (t) => {
    const { node, plane } = await tlsNodeFor(t, answering(ok()));
    assert.deepEqual(await answersOf(plane, 1), ['ok']);
    plane.reconfigure({}, [{ name: 'CB_1', port: node.port }]);
    assert.notEqual((await ask(plane.port)).status, 200);
  });

  it('whose answer is longer than it says does not answer the next request with it', async (t) => {
    const { node, plane } = await tlsNodeFor(t, ({ socket }) => {
      socket.cork();
      socket.write(ok('first'));
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
      socket.uncork();
    });
    const client = await clientFor(t, plane);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3));
    await client.until((text) => text.split('first').length === 4);
    assert.doesNotMatch(client.received, /evil/);
    assert.equal(node.connections.length, 3);
  });
});

const EXPIRED = { from: Date.now() - 2 * DAY_MS, to: Date.now() - DAY_MS };
const TOO_EARLY = { from: Date.now() + DAY_MS, to: Date.now() + 2 * DAY_MS };
const named = { names: ['127.0.0.1'], by: NODE_CA };

describe('a node that does not prove who it is gets no byte of a request', () => {
  for (const [what, shown, tls = { ca: 'ca' }] of [
    ['a certificate of another CA', NODE_CERTIFICATE, { ca: 'other-ca' }],
    ['one of its own making', mint({ names: ['127.0.0.1'] })],
    ['one of a CA that only some know', NODE_CERTIFICATE, {}],
    ['one for another name', NODE_CERTIFICATE, { ca: 'ca', serverName: 'other.example' }],
    ['one without its address', mint({ names: ['node.example'], by: NODE_CA })],
    ['one that has expired', mint({ ...named, ...EXPIRED })],
    ['one that is not valid yet', mint({ ...named, ...TOO_EARLY })],
  ] as const) {
    it(`${what}: another node takes it, body and all`, async (t) => {
      const bad = await nodeFor(t, answering(ok('bad')), { cert: shown.cert, key: shown.key });
      const good = await nodeFor(t, answering(ok('good')));
      const nodes = [
        { name: 'CB_1', port: bad.port, tls },
        { name: 'CB_2', port: good.port },
      ];
      const config = { base: '/', balance: 'round-robin' };
      const plane = await planeFor(t, nodes, config, { listeners: [], nodeFiles: NODE_FILES });
      for (let i = 0; i < 2; i++) {
        const answer = await ask(plane.port, { method: 'POST', body: 'body' });
        assert.equal(answer.body, 'good');
      }
      assert.equal(good.received.split('\r\n\r\nbody').length, 3);
      assert.equal(plane.stats.snapshot().nodes[0]?.retries.tls, 1);
      const bound = await ask(plane.port, { path: '/cometd', headers: { cookie: 'gcbSessionServer=CB_1' } });
      assert.match(bound.body, /node_unreachable/);
      assert.equal(plane.records.at(-1)?.termination, 'node-tls');
      assert.deepEqual(plane.refusedNodes, ['CB_1', 'CB_1']);
      assert.equal(bad.received, '');
    });
  }

  it('plain HTTP', async (t) => {
    const node = await nodeFor(t, (connection) => connection.send('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const plane = await planeBeforeTls(t, node);
    assert.equal(await refusalOf(plane, '/secret'), 'no_node_available');
    assert.doesNotMatch(node.received, /secret/);
    assert.equal(plane.records[0]?.termination, 'node-tls');
  });

  it('an end within the handshake', async (t) => {
    const node = await nodeFor(t, ({ socket }) => socket.destroy());
    const plane = await planeBeforeTls(t, node);
    assert.equal(await refusalOf(plane), 'no_node_available');
    assert.equal(plane.records[0]?.termination, 'node-tls');
  });

  it('silence in the handshake, until timeouts.connect', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBeforeTls(t, node, { config: { timeouts: { connect: '50ms' } } });
    assert.equal(await refusalOf(plane), 'no_node_available');
    assert.equal(plane.records[0]?.termination, 'node-connect');
  });

  it('a version of TLS that is too old', async (t) => {
    const old: TlsOptions = { cert, key, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' };
    const plane = await planeBeforeTls(t, await nodeFor(t, answering(ok()), old));
    assert.equal(await refusalOf(plane), 'no_node_available');
    assert.equal(plane.records[0]?.termination, 'node-tls');
  });

  it('nobody listens: as without TLS', async (t) => {
    const plane = await planeBeforeTls(t, { port: await refusedPort() });
    assert.equal(await refusalOf(plane), 'no_node_available');
    assert.equal(plane.records[0]?.termination, 'node-connect');
  });
});

describe('a node with TLS behind an http url', () => {
  it('answers with no HTTP, and its client is told so', async (t) => {
    const plane = await planeBefore(t, await nodeFor(t, answering(ok()), { cert, key }));
    assert.ok(['node_failed', 'node_answer_invalid'].includes(await refusalOf(plane)));
  });
});
