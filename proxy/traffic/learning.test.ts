/** What the data plane learns of sessions and users from the answers that pass, and what it does not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestPlane } from '../testing/data-plane.ts';
import { ask } from '../testing/http-client.ts';
import { clusterFor } from '../testing/named-nodes.ts';

const SESSION = '/cobrowse/rest/live/sessions/123456789';
const STOP = '/cobrowse/rest/live/users/987654321/session/stop';

function create(plane: TestPlane, name: string) {
  const headers = { cookie: `gcbSessionServer=${name}` };
  return ask(plane.port, { method: 'POST', path: '/cobrowse/rest/live/sessions', headers });
}

/** Creates give a session of that body; all else as usual. */
function creating(body: string, status = 200) {
  return (name: string, target: string) =>
    target.endsWith('/sessions') ? { status, body: body.replace('NAME', name) } : undefined;
}

const CREATED = '{"sessionToken":"123456789","sessionServerName":"NAME"}';

describe('the answer to a creation', () => {
  it('tells whose session it is: later requests need no cookie and no look-up', async (t) => {
    const plane = await clusterFor(t, {}, creating(CREATED));
    await create(plane, 'CB_2');
    for (let n = 0; n < 3; n++) assert.equal((await ask(plane.port, { path: SESSION })).body, `CB_2 ${SESSION}`);
    const record = await plane.recorded(({ class: requestClass }) => requestClass === 'session');
    assert.deepEqual([record.by, record.verdict, record.token], ['session', 'bound', '123456789']);
    const { found, unknown, failed } = plane.stats.snapshot().lookUps;
    assert.equal(found + unknown + failed, 0);
  });

  it('of another node never moves a session', async (t) => {
    const plane = await clusterFor(t, {}, creating(CREATED));
    await create(plane, 'CB_2');
    await create(plane, 'CB_3');
    assert.match((await ask(plane.port, { path: SESSION })).body, /^CB_2 /);
  });

  it('outweighs a cookie, and the disagreement is counted', async (t) => {
    const plane = await clusterFor(t, {}, creating(CREATED));
    await create(plane, 'CB_2');
    const answer = await ask(plane.port, { path: SESSION, headers: { cookie: 'gcbSessionServer=CB_1' } });
    assert.match(answer.body, /^CB_2 /);
    assert.equal(plane.stats.snapshot().conflicts, 1);
  });

  it('is passed on unchanged', async (t) => {
    const plane = await clusterFor(t, {}, creating(CREATED));
    assert.equal((await create(plane, 'CB_2')).body, CREATED.replace('NAME', 'CB_2'));
  });

  for (const [what, body, status] of [
    ['an error', CREATED, 500],
    ['no JSON', '<html>{}', 200],
    ['another kind of JSON', '["123456789"]', 200],
    ['a token that is no string', '{"sessionToken":123456789}', 200],
    ['longer than any', `{"sessionToken":"123456789","x":"${'x'.repeat(5000)}"}`, 200],
  ] as const) {
    it(`teaches nothing when it is ${what}`, async (t) => {
      const plane = await clusterFor(t, {}, creating(body, status));
      await create(plane, 'CB_2');
      await ask(plane.port, { path: SESSION });
      const record = await plane.recorded(({ class: requestClass }) => requestClass === 'session');
      assert.notEqual(record.by, 'session');
    });
  }
});

describe('a stop by user token', () => {
  it('asks node after node until one knows the user, and remembers it', async (t) => {
    let owner = '';
    const asked: string[] = [];
    const plane = await clusterFor(t, {}, (name) => {
      asked.push(name);
      if (asked.length === 3) owner = name;
      return name === owner ? undefined : { status: 404, body: 'not mine' };
    });
    assert.equal((await ask(plane.port, { path: STOP })).body, `${owner} ${STOP}`);
    assert.deepEqual(asked.sort(), ['CB_1', 'CB_2', 'CB_3']);
    assert.equal((await plane.recorded()).attempts, 3);
    const retries = plane.stats.snapshot().nodes.map((node) => node.retries['not-owner']);
    assert.equal(
      retries.reduce((sum, count) => sum + count),
      2,
    );
    assert.equal((await ask(plane.port, { path: STOP })).body, `${owner} ${STOP}`);
    const second = await plane.recorded((record) => record !== plane.records[0]);
    assert.deepEqual([second.attempts, second.by, second.verdict], [1, 'user', 'bound']);
  });

  it('has the last 404 for its answer when no node knows the user', async (t) => {
    const plane = await clusterFor(t, {}, () => ({ status: 404, body: 'not mine' }));
    const answer = await ask(plane.port, { path: STOP });
    assert.deepEqual([answer.status, answer.body], [404, 'not mine']);
    assert.equal((await plane.recorded()).attempts, 3);
  });

  it('believes the 404 of the node that its cookie names', async (t) => {
    const plane = await clusterFor(t, {}, (name) => (name === 'CB_1' ? { status: 404, body: 'not mine' } : undefined));
    const answer = await ask(plane.port, { path: STOP, headers: { cookie: 'gcbSessionServer=CB_1' } });
    assert.equal(answer.status, 404);
    assert.equal((await plane.recorded()).attempts, 1);
  });

  it('asks no second node with a body, which the first one has used up', async (t) => {
    const plane = await clusterFor(t, {}, () => ({ status: 404, body: 'not mine' }));
    const answer = await ask(plane.port, { path: STOP, headers: { 'content-length': '5' }, body: 'hello' });
    assert.equal(answer.status, 404);
    assert.equal((await plane.recorded()).attempts, 1);
  });
});
