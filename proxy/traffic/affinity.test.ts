/** Which node gets a request, by what it carries, through the whole data plane. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestPlane } from '../testing/data-plane.ts';
import { ask } from '../testing/http-client.ts';
import { clusterFor } from '../testing/named-nodes.ts';

/** Which nodes answer six such requests, without repetitions. */
async function answerers(plane: TestPlane, path: string, headers: Record<string, string> = {}): Promise<string[]> {
  const names = new Set<string>();
  for (let n = 0; n < 6; n++) {
    const { status, body } = await ask(plane.port, { path, headers });
    assert.equal(status, 200);
    names.add(body.split(' ')[0] ?? '');
  }
  return [...names].sort();
}

const ALL = ['CB_1', 'CB_2', 'CB_3'];

describe('affinity by cookie', () => {
  it('sends every request to the node that the cookie names', async (t) => {
    const plane = await clusterFor(t);
    for (const name of ALL) {
      assert.deepEqual(await answerers(plane, '/cobrowse/cometd', { cookie: `gcbSessionServer=${name}` }), [name]);
    }
    const record = await plane.recorded();
    assert.deepEqual([record.class, record.by, record.verdict], ['live', 'cookie', 'bound']);
  });

  for (const [what, cookie] of [
    ['no cookie', 'other=1'],
    ['a node that is not configured', 'gcbSessionServer=CB_9'],
    ['a name that only ends like it', 'xgcbSessionServer=CB_1'],
    ['a name that only begins like it', 'gcbSessionServerx=CB_1'],
    ['the name in another letter case', 'GCBSESSIONSERVER=CB_1'],
    ['the node in another letter case', 'gcbSessionServer=cb_1'],
    ['the name within a value', 'a="gcbSessionServer=CB_1"'],
    ['a host and port', 'gcbSessionServer=127.0.0.1:1'],
    ['a URL', 'gcbSessionServer=http://127.0.0.1:1/'],
    ['a host behind the node', 'gcbSessionServer=CB_1@127.0.0.1'],
    ['a path', 'gcbSessionServer=../CB_1'],
    ['percent-encoding', 'gcbSessionServer=CB%5F1'],
    ['a property of every object', 'gcbSessionServer=__proto__'],
    ['another', 'gcbSessionServer=constructor'],
    ['nothing', 'gcbSessionServer='],
  ] as const) {
    it(`balances over the nodes when it is or says ${what}`, async (t) => {
      const plane = await clusterFor(t);
      assert.deepEqual(await answerers(plane, '/cobrowse/cometd', { cookie }), ALL);
      assert.deepEqual(plane.refusedNodes, []);
    });
  }

  for (const cookie of [
    'a=1; gcbSessionServer=CB_2; b=2',
    'gcbSessionServer="CB_2"',
    'xgcbSessionServer=CB_1; gcbSessionServer=CB_2',
    'gcbSessionServer=CB_9; gcbSessionServer=CB_2',
  ]) {
    it(`finds the node in ${cookie}`, async (t) => {
      const plane = await clusterFor(t);
      assert.deepEqual(await answerers(plane, '/cobrowse/cometd', { cookie }), ['CB_2']);
    });
  }

  it('has the name that is configured', async (t) => {
    const plane = await clusterFor(t, { affinity: { cookie: 'route' } });
    assert.deepEqual(await answerers(plane, '/cobrowse/cometd', { cookie: 'gcbSessionServer=CB_1; route=CB_3' }), [
      'CB_3',
    ]);
  });
});

describe("affinity by a node's own URL", () => {
  for (const [name, host, path, target] of [
    ['CB_1', 'proxy.test', '/n1/cobrowse/rest/live/sessions/1?x=/n2/', '/cobrowse/rest/live/sessions/1?x=/n2/'],
    ['CB_1', 'PROXY.test:80', '/n1/cobrowse/cometd', '/cobrowse/cometd'],
    ['CB_2', 'proxy.test:8700', '/n2/cobrowse', '/cobrowse'],
    ['CB_3', 'n3.proxy.test', '/rest/live/sessions/1', '/cobrowse/rest/live/sessions/1'],
    ['CB_3', 'n3.proxy.test', '/', '/cobrowse/'],
  ] as const) {
    it(`${host}${path} is ${target} on ${name}, whatever the cookie says`, async (t) => {
      const plane = await clusterFor(t);
      const answer = await ask(plane.port, { path, headers: { host, cookie: 'gcbSessionServer=CB_2' } });
      assert.equal(answer.body, `${name} ${target}`);
      assert.equal((await plane.recorded()).by, 'server-url');
    });
  }

  it('does not mind an absolute-form target', async (t) => {
    const plane = await clusterFor(t);
    const path = 'http://proxy.test/n1/cobrowse/cometd';
    const answer = await ask(plane.port, { path, headers: { host: 'proxy.test' } });
    assert.equal(answer.body, 'CB_1 /cobrowse/cometd');
  });

  it('counts a cookie that disagrees', async (t) => {
    const plane = await clusterFor(t);
    await ask(plane.port, { path: '/cometd', headers: { host: 'n3.proxy.test', cookie: 'gcbSessionServer=CB_2' } });
    assert.equal((await plane.recorded()).conflict, true);
    assert.equal(plane.stats.snapshot().conflicts, 1);
  });

  for (const [host, path] of [
    ['proxy.test', '/n1x/cobrowse/cometd'],
    ['proxy.test', '/n2/cobrowse/cometd'],
    ['other.test', '/n1/cobrowse/cometd'],
  ] as const) {
    it(`is none of any node in ${host}${path}: balanced as it is`, async (t) => {
      const plane = await clusterFor(t);
      assert.deepEqual(await answerers(plane, path, { host }), ALL);
      assert.ok((await ask(plane.port, { path, headers: { host } })).body.endsWith(` ${path}`));
    });
  }
});

describe('the way below the base', () => {
  it("leads below each node's own base", async (t) => {
    const plane = await clusterFor(t, { base: '/app' });
    const { body } = await ask(plane.port, {
      path: '/app/cometd?a=%2F..%2F',
      headers: { cookie: 'gcbSessionServer=CB_1' },
    });
    assert.equal(body, 'CB_1 /cobrowse/cometd?a=%2F..%2F');
  });

  it('is answered by the proxy where it leads to health', async (t) => {
    const plane = await clusterFor(t);
    const answer = await ask(plane.port, { path: '/cobrowse/health' });
    assert.deepEqual([answer.status, answer.body], [200, '']);
    for (const name of ALL) plane.change(name, { state: 'down' });
    assert.equal((await ask(plane.port, { path: '/cobrowse/health' })).status, 503);
    assert.equal((await plane.recorded()).node, '');
  });
});
