/** Whose certificate a client gets, whose it has to show, and which sessions it may resume. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import { mint } from '../testing/certificates.ts';
import type { TestPlane } from '../testing/data-plane.ts';
import { eventually } from '../testing/eventually.ts';
import { clientFor, nodeFor } from '../testing/for-test.ts';
import { answering, ok } from '../testing/raw-node.ts';
import {
  listenerTls,
  refusalOf,
  TLS_LISTENER,
  type TlsPlaneOptions,
  tlsClientFor,
  tlsPlaneBefore,
} from '../testing/tls-plane.ts';
import { newTicketSecret } from '../tls/ticket-keys.ts';

const FIRST = mint({ names: ['a.example', 'www.a.example'] });
const WILDCARD = mint({ names: ['*.b.example', 'b.example'] });
const NARROWER = mint({ names: ['one.b.example', 'c.example'] });
const CA = mint({ commonName: 'clients', ca: true });
const CLIENT = mint({ commonName: 'an agent', by: CA });

async function plane(t: TestContext, options: Partial<TlsPlaneOptions> = {}): Promise<TestPlane> {
  const node = await nodeFor(t, answering(ok()));
  return tlsPlaneBefore(t, node, { certificates: [FIRST, WILDCARD, NARROWER], ...options });
}

async function fingerprintFor(t: TestContext, { port }: TestPlane, options?: ConnectionOptions): Promise<string> {
  const { socket } = await tlsClientFor(t, { port }, options);
  return socket.getPeerCertificate().fingerprint256;
}

describe('a certificate is chosen', () => {
  for (const [name, expected] of [
    ['a.example', FIRST],
    ['www.a.example', FIRST],
    ['WWW.A.Example', FIRST],
    ['b.example', WILDCARD],
    ['two.b.example', WILDCARD],
    ['one.b.example', NARROWER],
    ['c.example', NARROWER],
    ['two.levels.b.example', FIRST],
    ['sub.a.example', FIRST],
    ['nobody.example', FIRST],
    ['xb.example', FIRST],
    ['localhost', FIRST],
    ['', FIRST],
  ] as const) {
    it(`for ${name === '' ? 'no name' : name}: that of ${expected.names[0]}`, async (t) => {
      const options = name === '' ? {} : { servername: name };
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        const fingerprint = await fingerprintFor(t, await plane(t), { ...options, maxVersion: version });
        assert.equal(fingerprint, expected.fingerprint, version);
      }
    });
  }
});

describe('a listener with a CA for clients', () => {
  const cases: [string, ConnectionOptions, boolean][] = [
    ['none', {}, false],
    ['one of another CA', mint({ commonName: 'a stranger', by: mint({ commonName: 'strangers', ca: true }) }), false],
    ['one that says that it is of that CA', mint({ by: { ...mint(), commonName: 'clients' } }), false],
    ['one that has expired', mint({ by: CA, from: 0, to: 1 }), false],
    ['one of that CA', CLIENT, true],
  ];
  for (const [what, { cert, key }, welcome] of cases) {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      for (const servername of ['a.example', 'b.example']) {
        it(`${welcome ? 'takes' : 'refuses'} ${what} in ${version} as ${servername}`, async (t) => {
          const { port, stats, handshakes, records } = await plane(t, { clientCa: CA.cert });
          const options = { servername, maxVersion: version, ...(cert !== undefined && { cert, key }) };
          const refusal = await refusalOf(t, { port }, options);
          if (welcome) {
            assert.equal(refusal, '');
            return;
          }
          assert.notEqual(refusal, '');
          await eventually(() => stats.clientConnections === 0);
          assert.deepEqual(
            handshakes.map(({ reason }) => reason),
            ['client-certificate'],
          );
          assert.equal(records.length, 0);
        });
      }
    }
  }
});

/** A ticket that the plane gives, and whether a session is resumed with it. */
async function ticketOf(t: TestContext, { port }: TestPlane, options: ConnectionOptions): Promise<Buffer> {
  const client = await tlsClientFor(t, { port }, options);
  // In TLS 1.3 tickets come after the handshake, and before the answer.
  client.send('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n');
  await client.until('ok');
  const session = client.socket.getSession();
  client.close();
  assert.ok(session);
  return session;
}

async function resumes(t: TestContext, { port }: TestPlane, options: ConnectionOptions): Promise<boolean> {
  const client = await tlsClientFor(t, { port }, options);
  client.send('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n');
  await client.until('ok');
  return client.socket.isSessionReused();
}

describe('a session', () => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    for (const servername of ['a.example', 'two.b.example']) {
      it(`of ${maxVersion} with ${servername} is resumed by another worker, until the keys change`, async (t) => {
        const ticketSecret = newTicketSecret();
        const [one, other] = [await plane(t, { ticketSecret }), await plane(t, { ticketSecret })];
        const session = await ticketOf(t, one, { maxVersion, servername });
        assert.equal(await resumes(t, other, { maxVersion, servername, session }), true);
        assert.deepEqual(other.stats.snapshot().handshakes, { new: 0, resumed: 1 });
        other.plane.rotateTickets(newTicketSecret());
        assert.equal(await resumes(t, other, { maxVersion, servername, session }), false);
      });
    }

    it(`of ${maxVersion} that no client certificate was asked for is none where one is`, async (t) => {
      const ticketSecret = newTicketSecret();
      const [open, closed] = [await plane(t, { ticketSecret }), await plane(t, { ticketSecret, clientCa: CA.cert })];
      const session = await ticketOf(t, open, { maxVersion, servername: 'a.example' });
      assert.notEqual(await refusalOf(t, closed, { maxVersion, servername: 'a.example', session }), '');
      assert.equal(closed.records.length, 0);
      assert.deepEqual(closed.stats.snapshot().handshakes, { new: 0, resumed: 0 });
    });

    it(`of ${maxVersion} with a client certificate is resumed with it`, async (t) => {
      const closed = await plane(t, { clientCa: CA.cert });
      const options = { maxVersion, servername: 'a.example', cert: CLIENT.cert, key: CLIENT.key };
      const session = await ticketOf(t, closed, options);
      assert.equal(await resumes(t, closed, { ...options, session }), true);
    });
  }
});

describe('other certificates', () => {
  it('are for new connections; those that are open go on', async (t) => {
    const before = await plane(t);
    const client = await tlsClientFor(t, before, { servername: 'a.example' });
    client.send('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n');
    await client.until('ok');
    const renewed = mint({ names: ['a.example'] });
    before.reconfigure({ listeners: [TLS_LISTENER] }, undefined, [listenerTls({ certificates: [renewed] })]);
    assert.equal(await fingerprintFor(t, before, { servername: 'a.example' }), renewed.fingerprint);
    client.send('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n');
    await client.until((received) => received.split('200 OK').length === 3);
    assert.equal(client.socket.getPeerCertificate().fingerprint256, FIRST.fingerprint);
  });

  it('that cannot be used change nothing', async (t) => {
    const before = await plane(t);
    const broken = listenerTls({ certificates: [{ ...FIRST, key: WILDCARD.key }] });
    assert.throws(() => before.reconfigure({ listeners: [TLS_LISTENER] }, undefined, [broken]));
    assert.equal(await fingerprintFor(t, before), FIRST.fingerprint);
  });

  it('come and go with TLS itself, in place', async (t) => {
    const before = await plane(t);
    before.reconfigure({ listeners: [{ port: 0 }] }, undefined, []);
    const client = await clientFor(t, before);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until('ok');
    before.reconfigure({ listeners: [TLS_LISTENER] }, undefined, [listenerTls({ certificates: [WILDCARD] })]);
    assert.equal(await fingerprintFor(t, before), WILDCARD.fingerprint);
    assert.throws(() => before.reconfigure({ listeners: [TLS_LISTENER] }, undefined, []), /certificates .* missing/);
  });
});
