import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import test, { type TestContext } from 'node:test';
import type { Address } from '../anchor/messages.ts';
import { until } from '../testing/until.ts';
import type { Status } from './status.ts';
import { configFile, ProxyProcess, START_WITH_STUB, startNode } from './testing/proxy-process.ts';

const ANY_PORT = { host: '127.0.0.1', port: 0 };

async function startProxy(t: TestContext, differences: Record<string, unknown> = {}) {
  const node = await startNode(t, 'a');
  const file = await configFile(t, {
    listeners: [ANY_PORT],
    admin: ANY_PORT,
    workers: 1,
    nodes: [{ name: 'a', url: node.url }],
    ...differences,
  });
  return { node, proxy: new ProxyProcess(t, [START_WITH_STUB, file]) };
}

async function get({ host, port }: Address, path: string): Promise<Response> {
  return fetch(`http://${host}:${port}${path}`, { headers: { connection: 'close' } });
}

async function text(address: Address, path: string): Promise<string> {
  return (await get(address, path)).text();
}

async function status(admin: Address): Promise<Status> {
  return (await get(admin, '/status')).json() as Promise<Status>;
}

function metric(exposition: string, name: string): number {
  const line = exposition.split('\n').find((candidate) => candidate.startsWith(`cobrowse_proxy_${name} `));
  return Number(line?.split(' ').at(-1));
}

function first(listeners: readonly Address[]): Address {
  const [listener] = listeners;
  assert.ok(listener);
  return listener;
}

async function firstWorker(admin: Address): Promise<number> {
  const [worker] = (await status(admin)).workers;
  assert.ok(worker);
  return worker.pid;
}

test('from start to end, whatever happens to its workers', async (t) => {
  const never = { interval: '1h', fastInterval: '1h' };
  const { node, proxy } = await startProxy(t, { workers: 2, health: never });
  const { listeners, admin } = await proxy.listening();
  const listener = first(listeners);
  const accepted = 'client_connections_accepted_total';
  let requests = 0;
  const request = (path: string): Promise<string> => {
    requests++;
    return text(listener, path);
  };

  await t.test('it is ready, and shows workers and nodes', async () => {
    assert.match(await request('/'), /^\d+$/);
    assert.equal((await get(admin, '/ready')).status, 200);
    const { workers, nodes, readiness } = await status(admin);
    assert.equal(workers.length, 2);
    assert.deepEqual(readiness, { ready: true });
    assert.deepEqual(
      nodes.map(({ name, state }) => ({ name, state })),
      [{ name: 'a', state: 'up' }],
    );
  });

  await t.test('a scrape answers while workers hang, with what they counted before', async () => {
    const { workers } = await status(admin);
    for (const { pid } of workers) process.kill(pid, 'SIGSTOP');
    assert.equal(metric(await text(admin, '/metrics'), accepted), requests);
    for (const { pid } of workers) process.kill(pid, 'SIGCONT');
  });

  await t.test('an unexpected error in a worker is one line without a stack, and the worker is replaced', async () => {
    await request('/throw');
    await until(() => text(admin, '/metrics'), isWhole(1));
    await proxy.says(/worker failed: thrown by the stub/);
    assert.doesNotMatch(proxy.stderr, /\n? {4}at /);
  });

  await t.test('killed workers are replaced on the same port, and no counter goes down', async () => {
    for (let i = 0; i < 5; i++) await request('/');
    assert.equal(metric(await text(admin, '/metrics'), accepted), requests);
    for (const { pid } of (await status(admin)).workers) process.kill(pid, 'SIGKILL');
    const seen = new Set<number>();
    const scrape = async (): Promise<string> => {
      const exposition = await text(admin, '/metrics');
      seen.add(metric(exposition, accepted));
      return exposition;
    };
    await until(scrape, isWhole(3));
    assert.deepEqual([...seen], [requests]);
    await request('/');
    assert.equal(metric(await text(admin, '/metrics'), accepted), requests);
    await proxy.says(/a worker died and is replaced/);
  });

  await t.test('a connection that the node refused has the node polled at once', async () => {
    node.close();
    await until(
      async () => {
        await request('/refused');
        return status(admin);
      },
      ({ nodes }) => nodes[0]?.state === 'down',
    );
    assert.match(await text(admin, '/metrics'), /health_polls_total\{node="a",result="refused"\} (?:[3-9]|\d\d)/);
  });

  await t.test('Ctrl-C, which reaches the workers as well, lets a request finish and ends with 0', async () => {
    requests++;
    const held = await get(listener, '/hold');
    for (const { pid } of (await status(admin)).workers) process.kill(pid, 'SIGINT');
    proxy.child.kill('SIGINT');
    assert.equal(await held.text(), 'finished');
    assert.equal(await proxy.exited, 0);
    await assert.rejects(get(listener, '/'));
  });

  await t.test('stdout has had a line for each request, and nothing else', () => {
    const lines = proxy.stdout.trimEnd().split('\n');
    for (const line of lines) assert.equal(JSON.parse(line).log, 'access');
    assert.ok(lines.length >= requests - 6, 'what a killed worker had not written is lost with it');
    assert.ok(lines.length <= requests);
  });
});

/** So many workers were replaced, and both are there. */
function isWhole(restarts: number): (exposition: string) => boolean {
  return (exposition) =>
    metric(exposition, 'worker_restarts_total') === restarts && metric(exposition, 'workers') === 2;
}

test('without any node it says so, serves, is not ready; readiness tells when it shuts down', async (t) => {
  const { node, proxy } = await startProxy(t, { timeouts: { shutdown: '1m' } });
  node.close();
  const { listeners, admin } = await proxy.listening();
  await proxy.says(/no node can be reached, requests get 503 until one answers: a \(127\.0\.0\.1:\d+\)/);
  assert.equal((await get(first(listeners), '/')).status, 200);
  assert.equal((await get(admin, '/live')).status, 200);
  const before = await get(admin, '/ready');
  assert.equal(before.status, 503);
  assert.deepEqual(await before.json(), { ready: false, reason: 'no_node' });

  // A worker that does not finish holds the shutdown open.
  process.kill(await firstWorker(admin), 'SIGSTOP');
  proxy.child.kill('SIGTERM');
  const readiness = async (): Promise<string> => text(admin, '/ready');
  await until(readiness, (body) => body.includes('"shutting_down"'));
  proxy.child.kill('SIGTERM');
  assert.equal(await proxy.exited, 1, 'a second signal ends it at once');
});

test('workers that do not finish are killed after the deadline', async (t) => {
  const { proxy } = await startProxy(t, { timeouts: { shutdown: '0ms' } });
  const { admin } = await proxy.listening();
  process.kill(await firstWorker(admin), 'SIGSTOP');
  proxy.child.kill('SIGTERM');
  assert.equal(await proxy.exited, 0);
});

test('a killed primary leaves no worker behind, and what is in flight finishes', async (t) => {
  const { proxy } = await startProxy(t);
  const { listeners, admin } = await proxy.listening();
  const pid = await firstWorker(admin);
  const held = await get(first(listeners), '/hold');
  proxy.child.kill('SIGKILL');
  assert.equal(await held.text(), 'finished');
  await proxy.exited;
  await until(
    async () => isAlive(pid),
    (alive) => !alive,
  );
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

for (const which of ['listener', 'admin'] as const) {
  test(`a busy ${which} port is one line that names it, and exit code 1`, async (t) => {
    const busy = createServer().listen(0, '127.0.0.1');
    t.after(() => busy.close());
    await once(busy, 'listening');
    const { port } = busy.address() as AddressInfo;
    const address = { host: '127.0.0.1', port };
    const { proxy } = await startProxy(t, which === 'admin' ? { admin: address } : { listeners: [address] });
    assert.equal(await proxy.exited, 1);
    const lines = proxy.stderr.split('\n').filter((line) => line.startsWith('cobrowse-proxy:'));
    assert.deepEqual(lines, [`cobrowse-proxy: cannot listen on 127.0.0.1:${port}: the address is already in use`]);
    assert.doesNotMatch(proxy.stderr, / {4}at /);
  });
}

test('a worker that cannot even be made says why, and exit code 1', async (t) => {
  const { proxy } = await startProxy(t, { base: '/impossible' });
  assert.equal(await proxy.exited, 1);
  const lines = proxy.stderr.split('\n').filter((line) => line.startsWith('cobrowse-proxy:'));
  assert.deepEqual(lines, ['cobrowse-proxy: refused by the stub']);
});

test('a reader of the log that has stalled holds neither traffic nor the end', async (t) => {
  const { proxy } = await startProxy(t, { timeouts: { shutdown: '0ms' } });
  const { listeners, admin } = await proxy.listening();
  proxy.child.stdout?.pause();
  const path = `/${'x'.repeat(1000)}`;
  for (let i = 0; i < 500; i++) await text(first(listeners), path);
  assert.equal(metric(await text(admin, '/metrics'), 'client_connections_accepted_total'), 500);
  proxy.child.kill('SIGTERM');
  const [code] = await once(proxy.child, 'exit');
  assert.equal(code, 0);
  proxy.child.stdout?.resume();
});
