import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { elsewhere, LocalCluster } from '../testing/local-cluster.ts';

const hasCurl = spawnSync('curl', ['--version']).status === 0;

const NODES = ['N0', 'N1'];

function start(t: TestContext, environment: NodeJS.ProcessEnv): LocalCluster {
  const cluster = new LocalCluster(environment);
  t.after(() => cluster.process.kill('SIGKILL'));
  return cluster;
}

test('the printed lines work as they are, a node may die, and SIGTERM ends it all soon with 0, whatever is open', async (t) => {
  const cluster = start(t, {
    ...(await elsewhere(NODES)),
    // A proxy that waited for the WebSocket would be killed, and have no line for it.
    COBROWSE_PROXY_TIMEOUTS_SHUTDOWN: '1h',
    COBROWSE_PROXY_LOG_ACCESS: 'true',
  });
  await cluster.until(/The cluster is up/);
  const [, killLine = ''] = await cluster.until(/^ {2}(kill -9 \d+)\n/m);
  const lines = cluster.output.match(/^ {2}(?:curl|TOKEN=).*$/gm) ?? [];
  assert.equal(lines.length, 8);
  await t.test('curl', { skip: !hasCurl && 'needs curl' }, () => {
    const { stdout, stderr, status } = spawnSync('sh', ['-euc', lines.join('\n')], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.deepEqual(stdout.match(/^HTTP\/1\.1 \d+/gm), ['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 200']);
    const tokens = stdout.match(/"sessionToken":"\d{9}"/g) ?? [];
    assert.equal(new Set(tokens).size, 2, 'one session made and shown, another made and asked for');
    assert.match(stdout, /^\{.*"nodes":/m);
    assert.match(stdout, /^# TYPE cobrowse_proxy_/m);
    assert.equal(stdout.match(/^cobrowse_node_draining 0$/gm)?.length, 2);
  });
  assert.equal(spawnSync('sh', ['-c', killLine]).status, 0);
  await cluster.until(/^N0 ended \(SIGKILL\); the cluster goes on without it$/m);
  const [, url = ''] = await cluster.until(/^ {2}proxy +http:(\S+)/m);
  const socket = new WebSocket(`ws:${url}/cometd`);
  await once(socket, 'open');
  const closed = once(socket, 'close');
  cluster.process.kill('SIGTERM');
  assert.deepEqual(await once(cluster.process, 'exit'), [0, null]);
  await closed;
  await cluster.until(/"termination":"shutdown"/);
});

test('a busy port is one line and exit code 1', async (t) => {
  const environment = await elsewhere(NODES);
  const busy = createServer().listen(Number(environment.COBROWSE_PROXY_LISTENERS_0_PORT), '127.0.0.1');
  await once(busy, 'listening');
  t.after(() => busy.close());
  const cluster = start(t, environment);
  assert.deepEqual(await once(cluster.process, 'close'), [1, null]);
  assert.match(cluster.output, /^proxy did not start: [^\n]*127\.0\.0\.1[^\n]*\n$/);
});

test('what is wrong in the configuration is told before anything starts', async (t) => {
  const cluster = start(t, { COBROWSE_PROXY_WORKERS: 'many' });
  assert.deepEqual(await once(cluster.process, 'close'), [2, null]);
  assert.equal(
    cluster.output,
    'COBROWSE_PROXY_WORKERS: workers: expected auto or a whole number from 1 to 256, got "many"\n',
  );
});

test('when the cluster is killed, its children end as well', async (t) => {
  const cluster = start(t, await elsewhere(NODES));
  await cluster.until(/The cluster is up/);
  const pids = Array.from((await cluster.until(/The cluster is up.*kill -9/s))[0].matchAll(/pid (\d+)/g), ([, pid]) =>
    Number(pid),
  );
  assert.equal(pids.length, 3);
  cluster.process.kill('SIGKILL');
  while (pids.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 20));
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
