/** What becomes of a bound request when its node drains, is down or is lost: the table of `affinity/router.ts`. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clientFor } from '../testing/for-test.ts';
import { ask, type HttpRequest, refusalCode } from '../testing/http-client.ts';
import { clusterFor } from '../testing/named-nodes.ts';

const BOUND = { cookie: 'gcbSessionServer=CB_2' };

const REQUESTS: Readonly<Record<string, HttpRequest>> = {
  create: { method: 'POST', path: '/cobrowse/rest/live/sessions', headers: BOUND },
  session: { path: '/cobrowse/rest/live/sessions/123456789', headers: BOUND },
  any: { path: '/cobrowse/index.html', headers: BOUND },
  user: { path: '/cobrowse/rest/live/users/123456789/session/stop', headers: BOUND },
  live: { path: '/cobrowse/cometd', headers: BOUND },
};

/** `it`: CB_2; `another`; or the code of a refusal. */
const TABLE = [
  { node: 'up', create: 'it', session: 'it', any: 'it', user: 'it', live: 'it' },
  { node: 'draining', create: 'another', session: 'it', any: 'another', user: 'it', live: 'it' },
  {
    node: 'down within the grace',
    create: 'another',
    session: 'another',
    any: 'another',
    user: 'node_unreachable',
    live: 'node_unreachable',
  },
  {
    node: 'down for longer',
    create: 'another',
    session: 'another',
    any: 'another',
    user: 'session_lost',
    live: 'session_lost',
  },
] as const;

const CHANGES = {
  up: {},
  draining: { state: 'draining' },
  'down within the grace': { state: 'down', since: Date.now() + 3_600_000 },
  'down for longer': { state: 'down', since: 0 },
} as const;

for (const { node, ...outcomes } of TABLE) {
  describe(`a bound node that is ${node}`, () => {
    for (const [requestClass, outcome] of Object.entries(outcomes)) {
      it(`${requestClass}: ${outcome}`, async (t) => {
        const plane = await clusterFor(t);
        plane.change('CB_2', CHANGES[node]);
        const answer = await ask(plane.port, REQUESTS[requestClass]);
        const record = await plane.recorded();
        assert.equal(record.class, requestClass);
        if (outcome === 'it') assert.match(answer.body, /^CB_2 /);
        else if (outcome === 'another') assert.match(answer.body, /^CB_[13] /);
        else {
          assert.equal(answer.status, 503);
          assert.equal(refusalCode(answer), outcome);
          assert.equal(record.termination, 'refused');
        }
      });
    }
  });
}

describe('a refusal for the sake of a node', () => {
  it('session_lost expires the cookie, so that the client can start over at once', async (t) => {
    const plane = await clusterFor(t);
    plane.change('CB_2', CHANGES['down for longer']);
    const { headers } = await ask(plane.port, REQUESTS.live);
    assert.match(headers['set-cookie']?.[0] ?? '', /^gcbSessionServer=; Path=\/; Max-Age=0; /);
    assert.equal(headers['retry-after'], undefined);
  });

  it('node_unreachable leaves the cookie alone, and says when to try again', async (t) => {
    const plane = await clusterFor(t);
    plane.change('CB_2', CHANGES['down within the grace']);
    const { headers } = await ask(plane.port, REQUESTS.live);
    assert.equal(headers['set-cookie'], undefined);
    assert.equal(headers['retry-after'], '1');
  });

  it('a lost session is told so, and loses its cookie, only when a node takes the next one', async (t) => {
    const plane = await clusterFor(t);
    plane.change('CB_2', CHANGES['down for longer']);
    for (const name of ['CB_1', 'CB_3']) plane.change(name, { state: 'draining' });
    const early = await ask(plane.port, REQUESTS.live);
    assert.deepEqual([early.status, refusalCode(early)], [503, 'node_unreachable']);
    assert.equal(early.headers['set-cookie'], undefined);
    assert.equal(early.headers['retry-after'], '1');
    plane.change('CB_3', { state: 'up' });
    assert.equal(refusalCode(await ask(plane.port, REQUESTS.live)), 'session_lost');
    assert.match((await ask(plane.port, REQUESTS.create)).body, /^CB_3 /);
  });

  it('is over as soon as the node is back', async (t) => {
    const plane = await clusterFor(t);
    plane.change('CB_2', CHANGES['down within the grace']);
    assert.equal((await ask(plane.port, REQUESTS.live)).status, 503);
    plane.change('CB_2', { state: 'up' });
    assert.match((await ask(plane.port, REQUESTS.live)).body, /^CB_2 /);
  });
});

describe('a pool of which no node is up', () => {
  it('refuses fast, keeps the connection, and recovers without a restart', async (t) => {
    const plane = await clusterFor(t);
    for (const name of ['CB_1', 'CB_2', 'CB_3']) plane.change(name, { state: 'down' });
    const client = await clientFor(t, plane);
    client.send('GET /cobrowse/index.html HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.match(await client.until('}}'), /^HTTP\/1\.1 503 .*\r\nRetry-After: 1\r\n.*"no_node_available"/s);
    assert.equal((await plane.recorded()).attempts, 0);
    plane.change('CB_3', { state: 'up' });
    client.send('GET /cobrowse/index.html HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until('CB_3 /cobrowse/index.html');
  });

  it('lets sessions that live on a draining node finish, and begins none', async (t) => {
    const plane = await clusterFor(t);
    for (const name of ['CB_1', 'CB_2', 'CB_3']) plane.change(name, { state: 'draining' });
    assert.match((await ask(plane.port, REQUESTS.live)).body, /^CB_2 /);
    assert.equal(refusalCode(await ask(plane.port, REQUESTS.create)), 'no_node_available');
  });
});
