/** A session that this worker has never seen: the nodes are asked whose it is. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { serveHttp } from '../pool/testing/servers.ts';
import { clientFor, planeFor } from '../testing/for-test.ts';
import { ask } from '../testing/http-client.ts';

const TOKEN = '123456789';
const SESSION = `/cobrowse/rest/live/sessions/${TOKEN}`;
const ORIGIN = 'https://agents.example.com';

interface Cluster {
  /** Look-ups that each node got. */
  readonly lookUps: Record<string, number>;
  /** Requests of clients, by node. */
  readonly served: string[];
}

/** Three nodes of which `CB_3` owns the session, and says so only to the origin that it allows. */
async function clusterOfThree(t: TestContext, lookup: object = {}, whileAsked: () => Promise<void> = async () => {}) {
  const cluster: Cluster = { lookUps: {}, served: [] };
  const nodes = await Promise.all(
    ['CB_1', 'CB_2', 'CB_3'].map(async (name) => ({
      name,
      base: '/cobrowse',
      port: await serveHttp(t, async (request, response) => {
        if (request.headers['user-agent'] !== 'cobrowse-proxy-lookup') {
          cluster.served.push(name);
          response.end(name);
          return;
        }
        cluster.lookUps[name] = (cluster.lookUps[name] ?? 0) + 1;
        await whileAsked();
        const known = name === 'CB_3' && request.url === SESSION && request.headers.origin === ORIGIN;
        response.statusCode = known ? 200 : 404;
        response.end(JSON.stringify({ sessionToken: TOKEN, sessionServerName: name }));
      }),
    })),
  );
  const plane = await planeFor(t, nodes, { base: '/cobrowse', affinity: { lookup: { origin: ORIGIN, ...lookup } } });
  return { ...cluster, plane };
}

describe('a session that nothing is known of', () => {
  it('is found among the nodes, and then remembered', async (t) => {
    const { plane, lookUps } = await clusterOfThree(t);
    for (let n = 0; n < 4; n++) assert.equal((await ask(plane.port, { path: SESSION })).body, 'CB_3');
    assert.deepEqual(lookUps, { CB_1: 1, CB_2: 1, CB_3: 1 });
    assert.equal(plane.stats.snapshot().lookUps.found, 1);
    const record = await plane.recorded();
    assert.deepEqual([record.by, record.verdict, record.token], ['session', 'bound', TOKEN]);
  });

  it('is found whatever the cookie says', async (t) => {
    const { plane } = await clusterOfThree(t);
    const answer = await ask(plane.port, { path: SESSION, headers: { cookie: 'gcbSessionServer=CB_1' } });
    assert.equal(answer.body, 'CB_3');
    assert.equal((await plane.recorded()).conflict, true);
  });

  it('is asked for once by many requests at a time', async (t) => {
    const { plane, lookUps } = await clusterOfThree(t);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(plane.port, { path: SESSION })));
    assert.ok(answers.every(({ body }) => body === 'CB_3'));
    assert.deepEqual(lookUps, { CB_1: 1, CB_2: 1, CB_3: 1 });
  });

  it('that no node knows is served by any, and not asked for again at once', async (t) => {
    const { plane, lookUps } = await clusterOfThree(t, { missTtl: '1m' });
    for (let n = 0; n < 3; n++) {
      assert.equal((await ask(plane.port, { path: '/cobrowse/rest/live/sessions/000000000' })).status, 200);
    }
    assert.deepEqual(lookUps, { CB_1: 1, CB_2: 1, CB_3: 1 });
    assert.equal((await plane.recorded()).by, 'balance');
  });

  it('is not asked for more often than allowed: the rest is balanced', async (t) => {
    const { plane, lookUps } = await clusterOfThree(t, { perSecond: 1 });
    const paths = Array.from({ length: 10 }, (_, n) => `/cobrowse/rest/live/sessions/00000000${n}`);
    const answers = await Promise.all(paths.map((path) => ask(plane.port, { path })));
    assert.ok(answers.every(({ status }) => status === 200));
    assert.ok((lookUps.CB_1 ?? 0) < 5, `${lookUps.CB_1} look-ups reached a node`);
    assert.ok(plane.stats.snapshot().lookUps.limited > 5);
  });

  it('of which nodes do not say in time is served by any', async (t) => {
    const { plane } = await clusterOfThree(t, { timeout: '100ms' }, () => new Promise(() => {}));
    assert.equal((await ask(plane.port, { path: SESSION })).status, 200);
    assert.equal(plane.stats.snapshot().lookUps.failed, 1);
  });

  it('is found although the configuration changes while it is looked for', async (t) => {
    let answer = (): void => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const { plane, lookUps } = await clusterOfThree(t, { timeout: '1m' }, () => held);
    const asking = ask(plane.port, { path: SESSION });
    while (Object.keys(lookUps).length < 3) await new Promise(setImmediate);
    plane.reconfigure({ base: '/cobrowse' });
    // What is broken off would be balanced by now: a request that is balanced is answered at once.
    await ask(plane.port, { path: '/cobrowse/x' });
    answer();
    assert.equal((await asking).body, 'CB_3');
  });

  it('whose client gives up while it is looked for reaches no node', async (t) => {
    let answer = (): void => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const { plane, lookUps, served } = await clusterOfThree(t, { timeout: '1m' }, () => held);
    const client = await clientFor(t, plane);
    client.send(`GET ${SESSION} HTTP/1.1\r\nHost: a\r\n\r\n`);
    while (Object.keys(lookUps).length < 3) await new Promise(setImmediate);
    client.socket.resetAndDestroy();
    assert.equal((await plane.recorded()).termination, 'client-abort');
    answer();
    assert.equal((await ask(plane.port, { path: SESSION })).body, 'CB_3');
    assert.deepEqual(served, ['CB_3']);
  });
});
