/** Clients at a listener with TLS that ask for too little, for too much, for nonsense, or for nothing. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { type ConnectionOptions, getCiphers } from 'node:tls';
import fc from 'fast-check';
import { mint } from '../testing/certificates.ts';
import { clientHello } from '../testing/client-hello.ts';
import { eventually } from '../testing/eventually.ts';
import { clientFor, nodeFor } from '../testing/for-test.ts';
import { answering, ok } from '../testing/raw-node.ts';
import { refusalOf, TLS_LISTENER, type TlsPlaneOptions, tlsClientFor, tlsPlaneBefore } from '../testing/tls-plane.ts';
import { HANDSHAKE_FAILURES } from '../tls/handshake-failure.ts';

const EC = mint({ names: ['a.example'] });
const ANOTHER = mint({ names: ['b.example'] });
const RSA = mint({ names: ['rsa.example'], key: 'rsa' });
/** Of the client, which would refuse to speak so by default. */
const ANY_CIPHER = 'ALL:@SECLEVEL=0';

const HTTP1_LISTENER = { ...TLS_LISTENER, http2: false };

/** A handshake message, or an alert. */
function isAnswer(received: string): boolean {
  return [0x15, 0x16].includes(received.charCodeAt(0)) && received.charCodeAt(1) === 3;
}

async function plane(t: TestContext, options: Partial<TlsPlaneOptions> = {}) {
  return tlsPlaneBefore(t, await nodeFor(t, answering(ok())), { certificates: [EC, ANOTHER], ...options });
}

describe('what is spoken with clients over TLS', () => {
  const spoken: [ConnectionOptions, string, string][] = [
    [{}, 'TLSv1.3', 'TLS_AES_128_GCM_SHA256'],
    [{ ciphers: 'TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384' }, 'TLSv1.3', 'TLS_CHACHA20_POLY1305_SHA256'],
    [{ maxVersion: 'TLSv1.2' }, 'TLSv1.2', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
  ];
  for (const [options, version, cipher] of spoken) {
    it(`${version} with ${cipher} for ${JSON.stringify(options)}`, async (t) => {
      const { port } = await plane(t);
      const { socket } = await tlsClientFor(t, { port }, options);
      assert.deepEqual([socket.getProtocol(), socket.getCipher().name], [version, cipher]);
    });
  }

  it('a certificate by its name, where there are others with a better liked kind of key', async (t) => {
    const { port } = await plane(t, { certificates: [EC, RSA] });
    const options = { maxVersion: 'TLSv1.2', servername: 'rsa.example' } as const;
    const { socket } = await tlsClientFor(t, { port }, options);
    assert.equal(socket.getCipher().name, 'ECDHE-RSA-AES128-GCM-SHA256');
    assert.equal(socket.getPeerCertificate().fingerprint256, RSA.fingerprint);
  });

  const refused: [string, ConnectionOptions, Partial<TlsPlaneOptions>][] = [
    ['TLS 1.1', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: ANY_CIPHER }, {}],
    ['TLS 1.0', { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: ANY_CIPHER }, {}],
    ['TLS 1.2 where 1.3 is asked for', { maxVersion: 'TLSv1.2' }, { minVersion: 'TLSv1.3' }],
    ['no forward secrecy', { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' }, { certificates: [RSA] }],
    ['CBC', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA' }, {}],
    ['finite-field groups', { maxVersion: 'TLSv1.2', ciphers: 'DHE-RSA-AES128-GCM-SHA256' }, { certificates: [RSA] }],
    ['nothing but HTTP/3', { ALPNProtocols: ['h3'] }, {}],
    ['nothing but HTTP/2 where it is off', { ALPNProtocols: ['h2'] }, { config: { listeners: [HTTP1_LISTENER] } }],
  ];
  for (const [what, options, tls] of refused) {
    it(`not ${what}`, async (t) => {
      const { port, handshakes, stats } = await plane(t, tls);
      assert.match(await refusalOf(t, { port }, options), /^ERR_SSL_.*ALERT/);
      await eventually(() => stats.clientConnections === 0);
      assert.deepEqual(
        handshakes.map(({ reason }) => reason),
        ['unsupported'],
      );
      assert.equal(await refusalOf(t, { port }), '', 'others are served');
    });
  }

  it('none but these ciphers of TLS 1.2, whatever kind of key there is', async (t) => {
    const planes = [await plane(t), await plane(t, { certificates: [RSA] })];
    const spoken = new Set<string>();
    for (const cipher of getCiphers().filter((name) => !name.startsWith('tls_'))) {
      for (const { port } of planes) {
        const options = { maxVersion: 'TLSv1.2', ciphers: `${cipher.toUpperCase()}:@SECLEVEL=0` } as const;
        if ((await refusalOf(t, { port }, options)) === '') spoken.add(cipher);
      }
    }
    assert.deepEqual([...spoken].sort(), [
      'ecdhe-ecdsa-aes128-gcm-sha256',
      'ecdhe-ecdsa-aes256-gcm-sha384',
      'ecdhe-ecdsa-chacha20-poly1305',
      'ecdhe-rsa-aes128-gcm-sha256',
      'ecdhe-rsa-aes256-gcm-sha384',
      'ecdhe-rsa-chacha20-poly1305',
    ]);
  });

  it('HTTP/2 if a client can, and HTTP/1.1 where it is off', async (t) => {
    const options = { ALPNProtocols: ['http/1.1', 'h2'] };
    for (const [config, protocol] of [
      [{}, 'h2'],
      [{ listeners: [HTTP1_LISTENER] }, 'http/1.1'],
    ] as const) {
      const { socket } = await tlsClientFor(t, await plane(t, { config }), options);
      assert.equal(socket.alpnProtocol, protocol);
    }
  });

  it('no second handshake on a connection', async (t) => {
    const { port } = await plane(t);
    const client = await tlsClientFor(t, { port }, { maxVersion: 'TLSv1.2' });
    const refused = once(client.socket, 'error');
    client.socket.renegotiate({}, () => {});
    assert.equal((await refused)[0].code, 'ERR_SSL_NO_RENEGOTIATION');
    assert.equal(await refusalOf(t, { port }), '');
  });
});

describe('a ClientHello', () => {
  const hellos: Record<string, Parameters<typeof clientHello>[0]> = {
    'of a name that is nobody’s': [{ name: 'nobody.example' }],
    'of an own property of objects': [{ name: '__proto__' }],
    'of an object’s method': [{ name: 'constructor.constructor' }],
    'of a name with a NUL': [{ name: 'a.example\0.evil' }],
    'of a name of NULs alone': [{ name: Buffer.alloc(64) }],
    'of a name of 255 bytes': [{ name: 'a'.repeat(255) }],
    'of a name that is too long': [{ name: 'a'.repeat(60_000) }],
    'of a name of dots': [{ name: '.'.repeat(200) }],
    'of a name that is no UTF-8': [{ name: Buffer.of(0xff, 0xc0, 0x80, 0xfe) }],
    'of an empty name': [{ name: '' }],
    'of no name': [],
    'of a name of another type': [{ type: 7, name: 'a.example' }],
    'of two names': [{ name: 'a.example' }, { name: 'rsa.example' }],
  };
  for (const [what, names] of Object.entries(hellos)) {
    it(`${what} is answered or refused, and the next one is served`, async (t) => {
      const { port, stats, handshakes } = await plane(t);
      const client = await clientFor(t, { port });
      client.send(clientHello(names));
      // A ServerHello, or an alert.
      await client.until(isAnswer);
      client.close();
      await eventually(() => stats.clientConnections === 0);
      assert.equal(handshakes.length, 1);
      assert.equal(await refusalOf(t, { port }, { servername: 'a.example' }), '');
    });
  }

  const hello = clientHello([{ name: 'a.example' }]);
  const nonsense: Record<string, string | Buffer> = {
    'plain HTTP': 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n',
    CONNECT: 'CONNECT a.example:443 HTTP/1.1\r\n\r\n',
    'HTTP/2 with prior knowledge': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    SSH: 'SSH-2.0-OpenSSH_9.6\r\n',
    zeroes: Buffer.alloc(512),
    'all ones': Buffer.alloc(512, 0xff),
    'an SSL 2 hello': Buffer.from('802e0100020015000000100100800200800300800400800500800600400700c0', 'hex'),
    'a record that is too long': Buffer.concat([Buffer.of(22, 3, 1, 0xff, 0xff), Buffer.alloc(70_000, 1)]),
    'an empty handshake message': Buffer.of(22, 3, 1, 0, 4, 1, 0, 0, 0),
    'application data': Buffer.of(23, 3, 3, 0, 4, 1, 2, 3, 4),
    'a hello with one byte changed': Buffer.concat([hello.subarray(0, 43), Buffer.of(0xfe), hello.subarray(44)]),
    'a fatal alert': Buffer.of(21, 3, 1, 0, 2, 2, 40),
  };
  for (const [what, bytes] of Object.entries(nonsense)) {
    it(`in the place of which comes ${what} ends the connection, and nothing else`, async (t) => {
      const { port, stats, handshakes } = await plane(t, { config: { timeouts: { handshake: '1s' } } });
      const client = await clientFor(t, { port });
      client.send(bytes);
      await client.untilEnd();
      client.close();
      await eventually(() => stats.clientConnections === 0);
      assert.equal(handshakes.length, 1);
      assert.ok(HANDSHAKE_FAILURES.some((reason) => reason === handshakes[0]?.reason));
      if (/^(?:plain|HTTP|SSH)/.test(what)) assert.equal(handshakes[0]?.reason, 'not-tls', handshakes[0]?.code);
      assert.equal(await refusalOf(t, { port }), '');
    });
  }

  it('with any bytes changed harms nobody else', async (t) => {
    const { port, stats } = await plane(t, { config: { timeouts: { handshake: '5s' } } });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(hello.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.nat(hello.length),
        async (changes, end) => {
          const bytes = Buffer.from(hello);
          for (const [at, byte] of changes) bytes[at] = byte;
          const client = await clientFor(t, { port });
          client.send(bytes.subarray(0, end));
          // Whatever it is answered, if anything: it is over when the client is gone.
          client.socket.end();
          await client.untilEnd();
          client.close();
        },
      ),
      { numRuns: 300 },
    );
    await eventually(() => stats.clientConnections === 0);
    assert.equal(await refusalOf(t, { port }), '');
  });

  it('cut off at any byte, by a reset or an end, leaves nothing behind', async (t) => {
    const { port, stats, handshakes } = await plane(t);
    for (let length = 0; length < hello.length; length += 7) {
      const client = await clientFor(t, { port });
      client.send(hello.subarray(0, length));
      if (length % 2 === 0) client.socket.resetAndDestroy();
      else client.socket.destroy();
    }
    await eventually(() => stats.connectionsAccepted > 0 && stats.clientConnections === 0);
    assert.deepEqual(new Set(handshakes.map(({ reason }) => reason)), new Set(['closed']));
    assert.equal(await refusalOf(t, { port }), '');
  });
});

describe('a handshake', () => {
  for (const [what, bytes] of [
    ['that never begins', ''],
    ['that never goes on', clientHello([{ name: 'a.example' }])],
  ] as const) {
    it(`${what} is over in time`, async (t) => {
      const { port, stats, handshakes } = await plane(t, { config: { timeouts: { handshake: '100ms' } } });
      const client = await clientFor(t, { port });
      client.send(bytes);
      await client.untilEnd();
      client.close();
      await eventually(() => stats.clientConnections === 0);
      assert.deepEqual(handshakes, [{ reason: 'timeout', code: 'ERR_TLS_HANDSHAKE_TIMEOUT', peer: '127.0.0.1' }]);
    });
  }

  it('that is one too many is reset, until there is room again', async (t) => {
    const { port, stats, handshakes } = await plane(t, { config: { limits: { handshakes: 2 } } });
    const silent = [await clientFor(t, { port }), await clientFor(t, { port })];
    await eventually(() => stats.clientConnections === 2);
    assert.match(await refusalOf(t, { port }), /ECONNRESET|reset/);
    assert.deepEqual(handshakes, [{ reason: 'limit', code: '', peer: '127.0.0.1' }]);
    for (const client of silent) client.close();
    await eventually(() => stats.clientConnections === 0);
    assert.equal(await refusalOf(t, { port }), '');
  });

  it('does not outlive a shutdown', async (t) => {
    const { port, stats, plane: dataPlane, handshakes } = await plane(t);
    const client = await clientFor(t, { port });
    client.send(clientHello([{ name: 'a.example' }]));
    await client.until(isAnswer);
    await dataPlane.shutdown(60_000);
    await client.untilEnd();
    assert.equal(stats.clientConnections, 0);
    assert.deepEqual(handshakes, []);
  });

  it('that is under way when others take over is finished and served', async (t) => {
    const { port, stats, plane: dataPlane } = await plane(t);
    const client = tlsClientFor(t, { port }, { maxVersion: 'TLSv1.2' });
    await eventually(() => stats.clientConnections === 1);
    const retired = dataPlane.retire();
    const { socket } = await client;
    socket.write('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 200 .*connection: close/is);
    socket.end();
    await retired;
  });
});
