import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import { performance } from 'node:perf_hooks';
import { describe, it, type TestContext } from 'node:test';
import { type ProxyConfig, proxySchema } from '../../config/proxy-schema.ts';
import { aNode, aView } from '../pool/testing/nodes.ts';
import { refusedPort, serveHttp, serveTcp } from '../pool/testing/servers.ts';
import type { NodeState, PoolView } from '../pool/view.ts';
import { SessionDirectory } from './directory.ts';
import { OwnerLookUp } from './lookup.ts';

const TOKEN = '845800826';

/** Time enough for a busy machine: the first request of a process compiles undici's parser, on the look-up's time. */
const PATIENT = { timeout: '1m' };

function configOf(lookup: Record<string, unknown> = {}): Pick<ProxyConfig, 'affinity' | 'routes'> {
  return proxySchema.parse({
    nodes: [{ name: 'CB_1', url: 'http://10.0.0.1' }],
    affinity: { directory: 100, lookup: { ...PATIENT, ...lookup } },
  });
}

interface Setting {
  readonly lookUp: OwnerLookUp;
  readonly directory: SessionDirectory;
  readonly view: PoolView;
  readonly foreignOwners: () => number;
}

/** A look-up over nodes at these ports, closed when the test ends. */
function setting(t: TestContext, ports: readonly number[], config = configOf()): Setting {
  const directory = new SessionDirectory(config.affinity);
  let foreign = 0;
  const lookUp = new OwnerLookUp(config, directory, { onForeignOwner: () => foreign++ });
  t.after(() => lookUp.close());
  return { lookUp, directory, view: viewOf(ports), foreignOwners: () => foreign };
}

function viewOf(ports: readonly number[], state: NodeState = 'up'): PoolView {
  return aView(...ports.map((port, index) => aNode(index, { port, authority: `127.0.0.1:${port}`, state })));
}

function answer(body: unknown, status = 200): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

const owner = (name: string): RequestListener => answer({ sessionToken: TOKEN, sessionServerName: name });
const notFound = answer({ error: { code: 'session_not_found' } }, 404);

describe('an owner look-up', () => {
  it('asks as the route and the origin of the configuration say', async (t) => {
    const seen: IncomingMessage[] = [];
    const port = await serveHttp(t, (request, response) => {
      seen.push(request);
      owner('CB_1')(request, response);
    });
    const { lookUp, view } = setting(t, [port], {
      ...configOf({ origin: 'https://agents.example.com' }),
      routes: [
        { class: 'session', method: 'PUT', path: '/not/{id}' },
        { class: 'session', method: 'GET', path: '/live/{id}/about/**' },
      ],
    });
    assert.deepEqual(await lookUp.find(view, TOKEN), { outcome: 'found', node: 'CB_1' });
    assert.equal(seen.length, 1);
    assert.equal(seen[0]?.url, `/cobrowse/live/${TOKEN}/about`);
    assert.equal(seen[0]?.headers.origin, 'https://agents.example.com');
    assert.equal(seen[0]?.headers.host, `127.0.0.1:${port}`);
  });

  it('finds the one that knows among those that do not, and notes it', async (t) => {
    const ports = await Promise.all([notFound, owner('CB_2'), notFound].map((node) => serveHttp(t, node)));
    const { lookUp, directory, view } = setting(t, ports);
    assert.deepEqual(await lookUp.find(view, TOKEN), { outcome: 'found', node: 'CB_2' });
    const known = directory.ownerOfSession(view, TOKEN);
    assert.ok(known.kind === 'owner' && known.node.name === 'CB_2');
  });

  it('believes any node about the owner: they may share a store, and the owner may be down', async (t) => {
    const ports = await Promise.all([owner('CB_3'), owner('CB_3')].map((node) => serveHttp(t, node)));
    const { lookUp } = setting(t, ports);
    const down = aNode(2, { state: 'down' });
    const view = aView(...viewOf(ports).nodes, down);
    assert.deepEqual(await lookUp.find(view, TOKEN), { outcome: 'found', node: 'CB_3' });
  });

  it('does not wait for a hung node once an owner is named', async (t) => {
    const hung = await serveTcp(t, (socket) => socket.resume());
    const { lookUp, view } = setting(t, [hung, await serveHttp(t, owner('CB_2'))]);
    assert.deepEqual(await lookUp.find(view, TOKEN), { outcome: 'found', node: 'CB_2' });
    assert.deepEqual(await lookUp.find(view, TOKEN), { outcome: 'found', node: 'CB_2' }, 'by the directory');
  });

  it('fails at its deadline over nodes that hang or drip, and does not take that for a miss', async (t) => {
    const hung = await serveTcp(t, (socket) => socket.resume());
    const dripping = await serveTcp(t, (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
      const drip = setInterval(() => socket.write(' '), 20);
      socket.on('close', () => clearInterval(drip));
    });
    const config = configOf({ timeout: '150ms' });
    const { lookUp, directory, view } = setting(t, [hung, dripping, await serveHttp(t, notFound)], config);
    const began = performance.now();
    assert.deepEqual(await lookUp.find(view, TOKEN), { outcome: 'failed' });
    const took = performance.now() - began;
    assert.ok(took > 140, `took ${took} ms`);
    assert.equal(directory.ownerOfSession(view, TOKEN).kind, 'absent');
  });

  it('is unknown when every node says so, and the miss is remembered', async (t) => {
    let asked = 0;
    const node: RequestListener = (_request, response) => {
      asked++;
      response.writeHead(404).end();
    };
    const { lookUp, directory, view } = setting(t, [await serveHttp(t, node), await serveHttp(t, node)]);
    assert.deepEqual(await lookUp.find(view, TOKEN), { outcome: 'unknown' });
    assert.equal(directory.ownerOfSession(view, TOKEN).kind, 'missed');
    assert.deepEqual(await lookUp.find(view, TOKEN), { outcome: 'unknown' });
    assert.equal(asked, 2);
  });

  for (const status of [401, 403, 429, 500, 503]) {
    it(`fails when a node refuses to say with ${status}`, async (t) => {
      const { lookUp, view } = setting(t, [await serveHttp(t, answer('', status)), await serveHttp(t, notFound)]);
      assert.deepEqual(await lookUp.find(view, TOKEN), { outcome: 'failed' });
    });
  }

  it('fails when a node refuses the connection and no other knows', async (t) => {
    const { lookUp, view } = setting(t, [await refusedPort(), await serveHttp(t, notFound)]);
    assert.deepEqual(await lookUp.find(view, TOKEN), { outcome: 'failed' });
  });

  it('asks nodes that answer, draining ones too, and no others', async (t) => {
    let asked = 0;
    const port = await serveHttp(t, (_request, response) => {
      asked++;
      response.writeHead(404).end();
    });
    const { lookUp } = setting(t, []);
    for (const state of ['down', 'unknown'] as const) {
      assert.deepEqual(await lookUp.find(viewOf([port], state), TOKEN), { outcome: 'failed' });
    }
    assert.equal(asked, 0);
    assert.deepEqual(await lookUp.find(viewOf([port], 'draining'), TOKEN), { outcome: 'unknown' });
    assert.equal(asked, 1);
  });

  it('reaches many nodes without a warning', async (t) => {
    const warnings: Error[] = [];
    // Of others in this process there may be any.
    const note = (warning: Error): void => {
      if (warning.name === 'MaxListenersExceededWarning') warnings.push(warning);
    };
    process.on('warning', note);
    t.after(() => process.off('warning', note));
    const port = await serveHttp(t, notFound);
    const { lookUp, view } = setting(
      t,
      Array.from({ length: 50 }, () => port),
    );
    assert.deepEqual(await lookUp.find(view, TOKEN), { outcome: 'unknown' });
    assert.deepEqual(warnings, []);
  });
});

describe('an answer that is no proof', () => {
  const cases: Readonly<Record<string, RequestListener>> = {
    'names another session': answer({ sessionToken: '1', sessionServerName: 'CB_1' }),
    'has a number for a token': answer({ sessionToken: 845800826, sessionServerName: 'CB_1' }),
    'names no owner': answer({ sessionToken: TOKEN }),
    'is not JSON': answer('<html>'),
    'is null': answer('null'),
    'is longer than 64 KiB': answer(
      JSON.stringify({ sessionToken: TOKEN, sessionServerName: 'CB_1', padding: 'x'.repeat(65_536) }),
    ),
    'names an inherited property': owner('constructor'),
  };
  for (const [what, node] of Object.entries(cases)) {
    it(`${what}: unknown`, async (t) => {
      const { lookUp, view } = setting(t, [await serveHttp(t, node)]);
      assert.deepEqual(await lookUp.find(view, TOKEN), { outcome: 'unknown' });
    });
  }

  it('names an owner that is not configured: counted, and the node that answers is not taken in its place', async (t) => {
    const { lookUp, directory, view, foreignOwners } = setting(t, [await serveHttp(t, owner('elsewhere.example.com'))]);
    assert.deepEqual(await lookUp.find(view, TOKEN), { outcome: 'unknown' });
    assert.equal(foreignOwners(), 1);
    assert.equal(directory.ownerOfSession(view, TOKEN).kind, 'missed');
  });
});

describe('amplification', () => {
  it('is one look-up for any number of equal questions at once', async (t) => {
    let asked = 0;
    const port = await serveHttp(t, (request, response) => {
      asked++;
      owner('CB_1')(request, response);
    });
    const { lookUp, view } = setting(t, [port]);
    const results = await Promise.all(Array.from({ length: 100 }, () => lookUp.find(view, TOKEN)));
    assert.ok(results.every(({ outcome }) => outcome === 'found'));
    assert.equal(asked, 1);
  });

  it('is limited in rate, and over the rate no node is asked', async (t) => {
    let asked = 0;
    const port = await serveHttp(t, (_request, response) => {
      asked++;
      response.writeHead(404).end();
    });
    const config = configOf({ perSecond: 3 });
    const { lookUp, view } = setting(t, [port], config);
    const results = await Promise.all(Array.from({ length: 20 }, (_, index) => lookUp.find(view, `t${index}`)));
    const outcomes = results.map(({ outcome }) => outcome);
    assert.deepEqual(outcomes.slice(0, 3), ['unknown', 'unknown', 'unknown']);
    assert.equal(outcomes.filter((outcome) => outcome === 'limited').length, 17);
    assert.equal(asked, 3);
  });

  it('asks nobody about a token of no sane shape', async (t) => {
    let asked = 0;
    const port = await serveHttp(t, (_request, response) => {
      asked++;
      response.end();
    });
    const { lookUp, view } = setting(t, [port]);
    for (const token of ['', '.', '..', 'a b', 'a/b', 'a%2Fb', 'a\r\nX: y', 'a?b', '@evil', 'x'.repeat(129)]) {
      assert.deepEqual(await lookUp.find(view, token), { outcome: 'unknown' });
    }
    assert.equal(asked, 0);
  });
});

it('close ends a look-up under way', async (t) => {
  const connections = new EventEmitter();
  const port = await serveTcp(t, (socket) => socket.once('data', () => connections.emit('asked')));
  const { lookUp, view } = setting(t, [port]);
  const found = lookUp.find(view, TOKEN);
  await once(connections, 'asked');
  await lookUp.close();
  assert.deepEqual(await found, { outcome: 'failed' });
  assert.deepEqual(await lookUp.find(view, TOKEN), { outcome: 'failed' });
});
