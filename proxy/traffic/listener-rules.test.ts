/** Listeners that send their clients to another one, and those that ask them to come no other way. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mint } from '../testing/certificates.ts';
import { clientFor, nodeFor, planeBefore } from '../testing/for-test.ts';
import { answering, ok } from '../testing/raw-node.ts';
import { listenerTls, TLS_LISTENER, tlsClientFor, tlsPlaneBefore } from '../testing/tls-plane.ts';

const REDIRECT = { listeners: [{ port: 0, redirectToHttps: 8443 }] };

describe('a listener that redirects', () => {
  it('sends every request to its https URL, on one connection, and no node hears of it', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node, REDIRECT);
    const client = await clientFor(t, plane);
    client.send('GET /a?b HTTP/1.1\r\nHost: a.example:80\r\n\r\nHEAD /health HTTP/1.1\r\nHost: b.example\r\n\r\n');
    const answers = await client.until((received) => received.split('\r\n\r\n').length === 3);
    assert.deepEqual(
      [...answers.matchAll(/^HTTP\/1\.1 (\d+) .*\r\nLocation: (.*)\r$/gm)].map(([, status, location]) => [
        status,
        location,
      ]),
      [
        ['308', 'https://a.example:8443/a?b'],
        ['308', 'https://b.example:8443/health'],
      ],
    );
    const record = await plane.recorded();
    assert.deepEqual([record.status, record.termination, record.node], [308, 'completed', '']);
    assert.equal(node.connections.length, 0);
  });

  it('does not wait for a body, nor take it for a request', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node, REDIRECT);
    const client = await clientFor(t, plane);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const answer = await client.untilEnd();
    assert.match(answer, /^HTTP\/1\.1 308 .*\r\nConnection: close\r\n\r\n$/s);
    assert.equal(plane.records.length, 1);
  });

  it('cannot send on a client that names no host', async (t) => {
    const plane = await planeBefore(t, await nodeFor(t), REDIRECT);
    const client = await clientFor(t, plane);
    client.send('GET / HTTP/1.0\r\n\r\n');
    assert.match(await client.untilEnd(), /^HTTP\/1\.1 400 /);
  });

  it('comes and goes with a reload', async (t) => {
    const plane = await planeBefore(t, await nodeFor(t, answering(ok())));
    plane.reconfigure(REDIRECT);
    const client = await clientFor(t, plane);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until('308');
    plane.reconfigure({});
    const other = await clientFor(t, plane);
    other.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await other.until('200');
  });
});

describe('a listener with HSTS', () => {
  it('says so on answers of nodes, once', async (t) => {
    const { port, tls } = TLS_LISTENER;
    const config = { listeners: [{ port, tls: { ...tls, hsts: '8760h' } }] };
    const plane = await tlsPlaneBefore(t, await nodeFor(t, answering(ok())), { certificates: [mint()], config });
    const client = await tlsClientFor(t, plane);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const answer = await client.until('ok');
    assert.deepEqual(answer.match(/\r\nStrict-Transport-Security: max-age=\d+\r\n/g), [
      '\r\nStrict-Transport-Security: max-age=31536000\r\n',
    ]);
    plane.reconfigure({ listeners: [TLS_LISTENER] }, undefined, [listenerTls({ certificates: [mint()] })]);
    const other = await tlsClientFor(t, plane);
    other.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.doesNotMatch(await other.until('ok'), /strict-transport/i);
  });

  it('leaves it to a node that says so itself', async (t) => {
    const { port, tls } = TLS_LISTENER;
    const config = { listeners: [{ port, tls: { ...tls, hsts: '8760h' } }] };
    const own = 'HTTP/1.1 200 OK\r\nstrict-transport-security: max-age=0\r\nContent-Length: 2\r\n\r\nok';
    const plane = await tlsPlaneBefore(t, await nodeFor(t, answering(own)), { certificates: [mint()], config });
    const client = await tlsClientFor(t, plane);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.deepEqual((await client.until('ok')).match(/strict-transport-security: .*/gi), [
      'strict-transport-security: max-age=0',
    ]);
  });
});
