/** A public and an internal listener over one pool, on the wire: what reaches the node, and what does not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { clientFor, nodeFor, planeBefore, planeFor } from '../testing/for-test.ts';
import { hostileTarget, readingsOf } from '../testing/path-readings.ts';
import { answering, ok } from '../testing/raw-node.ts';

const HISTORY = '/cobrowse/rest/history/sessions/6f9619ff-8b86-d011-b42d-00cf4fc964ff';
const PUBLIC = { base: '/cobrowse', listeners: [{ port: 0, audience: 'public' }] };
const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;

describe('a public listener', () => {
  it('answers 404 for what it does not expose, on a connection that stays, and no node hears of it', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node, PUBLIC);
    const client = await clientFor(t, plane);
    client.send(get(HISTORY) + get('/metrics') + get('/cobrowse/js/x.js'));
    const answers = await client.until((received) => received.endsWith('ok'));
    assert.deepEqual(answers.match(/HTTP\/1\.1 \d+|not_exposed/g), [
      'HTTP/1.1 404',
      'not_exposed',
      'HTTP/1.1 404',
      'not_exposed',
      'HTTP/1.1 200',
    ]);
    assert.equal(node.received.match(/GET [^ ]*/g)?.join(), 'GET /js/x.js');
    const record = await plane.recorded();
    assert.deepEqual([record.termination, record.error, record.target], ['refused', 'not_exposed', HISTORY]);
    assert.equal(plane.stats.snapshot().refusals.not_exposed, 2);
  });

  it('answers 400 and closes where a path can be read in several ways', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node, PUBLIC);
    for (const way of ['/js/..', '//rest/live/..', '/js/%2e%2e', '/js/..;x', '/js/..%2f', '/js\\..', '/js/%00/..']) {
      const client = await clientFor(t, plane);
      client.send(get(`/cobrowse${way}/rest/history/sessions/1`) + get('/cobrowse/js/x.js'));
      const answer = await client.untilEnd();
      assert.match(answer, /^HTTP\/1\.1 400 .*Connection: close.*"bad_target"/s, way);
      assert.equal(answer.match(/HTTP\/1\.1/g)?.length, 1, way);
    }
    assert.equal(node.received, '');
    assert.equal(plane.stats.snapshot().refusals.bad_target, 7);
  });

  it('lets nothing through that is history to any node, or beyond its application', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeFor(t, [{ name: 'CB_1', port: node.port, base: '/app' }], PUBLIC);
    for (const target of fc.sample(hostileTarget, 300)) {
      const client = await clientFor(t, plane);
      client.send(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      assert.match(await client.untilEnd(), /^HTTP\/1\.1 (?:200|400|404|503) /, target);
    }
    const asked = [...node.received.matchAll(/^GET (\S*) HTTP/gm)].map(([, target = '']) => target);
    for (const target of asked) {
      for (const reading of readingsOf(target)) assert.match(reading, /^\/app(?!\/rest\/history)(?:\/|$)/, target);
    }
  });

  it('does not open a tunnel either', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node, PUBLIC);
    const client = await clientFor(t, plane);
    client.send('GET /cobrowse/rest/history HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await client.until('not_exposed');
    assert.equal(node.received, '');
  });
});

describe('an internal listener', () => {
  it('beside a public one serves what that does not, over the same nodes', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const listeners = [{ port: 0 }, { port: 0, audience: 'public' }];
    const plane = await planeBefore(t, node, { base: '/cobrowse', listeners });
    const [internal, external] = await Promise.all(plane.ports.map((port) => clientFor(t, { port })));
    assert.ok(internal && external);
    internal.send(get(HISTORY));
    await internal.until('ok');
    external.send(get(HISTORY));
    await external.until('not_exposed');
    assert.equal(node.received.match(/GET/g)?.length, 1);
  });

  it('takes other rules with a reload, for connections from then on', async (t) => {
    const plane = await planeBefore(t, await nodeFor(t, answering(ok())), { base: '/cobrowse' });
    plane.reconfigure({ base: '/cobrowse', listeners: [{ port: 0, deny: [{ path: '/rest/history/**' }] }] });
    const client = await clientFor(t, plane);
    client.send(get(HISTORY));
    await client.until('not_exposed');
  });
});
