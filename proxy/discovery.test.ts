/**
 * Nodes come and go in DNS before a proxy that carries traffic: nothing is lost, and no name server is needed for what
 * runs.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Status } from './control/status.ts';
import { configFile } from './control/testing/proxy-process.ts';
import { NSD_SKIP, Nsd, ZONE } from './discovery/testing/nsd.ts';
import { ask } from './testing/http-client.ts';
import { startProxyFrom } from './testing/running-proxy.ts';
import { StoryNode } from './testing/story-node.ts';
import { openTunnel } from './testing/tunnel.ts';
import { until } from './testing/until.ts';

const NAME = `_http._tcp.nodes.${ZONE}`;
/**
 * Between two requests: more of them would prove nothing more, and take the processor from those who are waited for.
 */
const PACE_MS = 10;
const FREE_IN_A_ROW = 10;
const SINCE = '2026-01-02T03:04:05.000Z';

function recordsOf(nodes: readonly StoryNode[]): readonly string[] {
  return nodes.flatMap(({ name, port }) => [
    `_http._tcp.nodes SRV 0 0 ${port} ${name}.nodes`,
    `${name}.nodes A 127.0.0.1`,
  ]);
}

/** Requests that nothing binds, and for a session of a node, each on a connection of its own, until the test ends. */
class Load {
  readonly failures: string[] = [];
  /** Names of nodes that answered what was not bound. */
  readonly free: string[] = [];
  #stopped = false;
  readonly #running: Promise<void>;

  constructor(t: TestContext, port: number, bound: StoryNode) {
    this.#running = this.#run(port, bound);
    t.after(() => this.stop());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(port: number, bound: StoryNode): Promise<void> {
    const headers = { cookie: `gcbSessionServer=${bound.name}` };
    while (!this.#stopped) {
      try {
        const free = await ask(port, { path: '/cobrowse/x' });
        const live = await ask(port, { path: '/cobrowse/cometd', headers });
        if (free.status === 200) this.free.push(nameIn(free.body));
        else this.failures.push(`free: ${free.body}`);
        if (live.status !== 200 || nameIn(live.body) !== bound.name) this.failures.push(`bound: ${live.body}`);
      } catch (error) {
        this.failures.push(String(error));
      }
      await sleep(PACE_MS);
    }
  }
}

function nameIn(body: string): string {
  return (JSON.parse(body) as { readonly sessionServerName: string }).sessionServerName;
}

function shown({ nodes }: Status): string {
  return nodes
    .map(({ name, state, withdrawn }) => `${name} ${state}${withdrawn === null ? '' : ' withdrawn'}`)
    .join(', ');
}

const CREATE_ON_CB_1 = {
  method: 'POST',
  path: '/cobrowse/rest/live/sessions',
  headers: { cookie: 'gcbSessionServer=cb-1' },
};

/** A proxy that asks this name server, and forgets soon. */
function discovering(nsd: Nsd) {
  return {
    listeners: [{ port: 0 }],
    admin: { port: 0 },
    health: { interval: '100ms', fastInterval: '100ms' },
    discovery: {
      dns: [{ name: NAME, servers: [nsd.address], timeout: '10s', minTtl: '100ms', maxTtl: '1s' }],
      forget: '1s',
    },
  };
}

test('nodes that are found, moved, found no more and forgotten are so without loss', { skip: NSD_SKIP }, async (t) => {
  const [a, b, c] = await Promise.all(['cb-0', 'cb-1', 'cb-2'].map((name) => StoryNode.start(t, name)));
  assert.ok(a && b && c);
  const nsd = await Nsd.start(t, []);
  const file = await configFile(t, {
    ...discovering(nsd),
    workers: 2,
    balance: 'round-robin',
  });
  const { proxy, port, admin, status } = await startProxyFrom(t, file);
  const shows = (text: string): Promise<Status> => until(status, (now) => shown(now) === text);

  // It starts without a node, and says so.
  assert.equal((await ask(admin, { path: '/ready' })).status, 503);
  assert.equal((await ask(port, { path: '/cobrowse/x' })).status, 503);
  await nsd.write(recordsOf([a, b]));
  const { nodes } = await shows('cb-0 up, cb-1 up');
  assert.deepEqual(
    nodes.map(({ source, url }) => `${source} ${url}`),
    [a, b].map((node) => `SRV ${NAME} of ${nsd.address} http://127.0.0.1:${node.port}/cobrowse`),
  );
  assert.equal((await ask(admin, { path: '/ready' })).status, 200);

  const tunnel = await openTunnel(t, port, 'gcbSessionServer=cb-1');
  assert.equal(nameIn((await ask(port, CREATE_ON_CB_1)).body), 'cb-1');
  const load = new Load(t, port, b);
  await nsd.write(recordsOf([a, b, c]));
  await shows('cb-0 up, cb-1 up, cb-2 up');
  await until(async () => load.free.includes('cb-2'), Boolean);

  // It has a session: it keeps it, and gets nothing else.
  await nsd.write(recordsOf([a, c]));
  await shows('cb-0 up, cb-2 up, cb-1 draining withdrawn');
  // In turn it would be every third.
  const since = load.free.length + FREE_IN_A_ROW;
  const spared = async () => load.free.length > since && !load.free.slice(-FREE_IN_A_ROW).includes('cb-1');
  await until(spared, Boolean);
  await nsd.write(recordsOf([a, b, c]));
  await shows('cb-0 up, cb-1 up, cb-2 up');

  // A name server that is gone, and a primary that knows it from the one before only.
  await nsd.stop();
  const failing = await until(status, ({ sources }) => sources[0]?.failing !== null);
  assert.equal(shown(failing), 'cb-0 up, cb-1 up, cb-2 up');
  assert.match(
    (await ask(admin, { path: '/metrics' })).body,
    /cobrowse_proxy_discovery_failing\{source="SRV .*"\} 1\n/,
  );
  const failures = (): number => proxy.stderr.match(/nodes cannot be looked up/g)?.length ?? 0;
  assert.equal(failures(), 2, 'once for each time that it begins to fail');
  process.kill(failing.pid, 'SIGKILL');
  await proxy.says(/the primary died and is replaced/);
  await until(
    () => status().catch(() => undefined),
    (now) => now !== undefined && now.pid !== failing.pid && shown(now) === 'cb-0 up, cb-1 up, cb-2 up',
  );
  await load.stop();
  assert.deepEqual(load.failures, []);
  assert.equal(tunnel.ended, false);
  tunnel.close();
});

test('a node that is found no more is forgotten when it is empty, or away for long; what an operator said of others is not', {
  skip: NSD_SKIP,
}, async (t) => {
  const [a, b, c] = await Promise.all(['cb-0', 'cb-1', 'cb-2'].map((name) => StoryNode.start(t, name)));
  assert.ok(a && b && c);
  const nsd = await Nsd.start(t, recordsOf([a, b, c]));
  const file = await configFile(t, {
    ...discovering(nsd),
    workers: 1,
    stateFile: 'state.json',
  });
  const held = { 'cb-0': { state: 'maintenance', since: SINCE }, 'cb-9': { state: 'draining', since: SINCE } };
  await writeFile(join(file, '..', 'state.json'), JSON.stringify({ version: 1, nodes: held }));
  const { proxy, port, status } = await startProxyFrom(t, file);
  const shows = (text: string): Promise<Status> => until(status, (now) => shown(now) === text);
  await shows('cb-0 down, cb-1 up, cb-2 up');
  await ask(port, CREATE_ON_CB_1);
  c.kill();
  await nsd.write(recordsOf([a]));
  await shows('cb-0 down, cb-1 draining withdrawn');
  await proxy.says(/node cb-2 is forgotten/);
  b.end(1);
  await shows('cb-0 down');
  await nsd.write(recordsOf([a, { name: 'cb-9', port: b.port } as StoryNode]));
  const { nodes } = await shows('cb-0 down, cb-9 draining');
  assert.deepEqual(
    nodes.map(({ operator }) => operator.state),
    ['maintenance', 'draining'],
  );
});
