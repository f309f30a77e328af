/** The end of the proxy, as a balancer in front of it and its clients see it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ask } from './testing/http-client.ts';
import { type RunningProxy, startProxy } from './testing/running-proxy.ts';
import { openTunnel } from './testing/tunnel.ts';
import { until } from './testing/until.ts';

async function startNode(t: TestContext): Promise<string> {
  const server = createServer((_, response) => response.end('the node'));
  server.on('upgrade', (_, socket) => {
    socket.on('error', () => {});
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/cobrowse`;
}

async function start(t: TestContext, timeouts: object): Promise<RunningProxy> {
  return startProxy(t, { workers: 1, nodes: [{ name: 'a', url: await startNode(t) }], timeouts });
}

test('with a delay it first says that it leaves, on both listeners, and serves until then', async (t) => {
  const { proxy, port, admin } = await start(t, { shutdownDelay: '1h' });
  assert.equal((await ask(port, { path: '/cobrowse/health' })).status, 200);
  proxy.child.kill('SIGTERM');
  await until(
    () => ask(port, { path: '/cobrowse/health' }),
    ({ status }) => status === 503,
  );
  assert.match((await ask(admin, { path: '/ready' })).body, /shutting_down/);
  assert.equal((await ask(port, { path: '/cobrowse/x' })).body, 'the node');
  proxy.child.kill('SIGTERM');
  assert.equal(await proxy.exited, 1, 'a second signal ends it at once');
});

test('it ends when the delay is over', async (t) => {
  const { proxy } = await start(t, { shutdownDelay: '200ms' });
  const began = performance.now();
  proxy.child.kill('SIGTERM');
  assert.equal(await proxy.exited, 0);
  assert.ok(performance.now() - began >= 199);
});

test('tunnels are closed one after the other, and the end does not wait for the deadline', async (t) => {
  const { proxy, port } = await start(t, { shutdown: '10m' });
  const tunnels = await Promise.all(Array.from({ length: 3 }, () => openTunnel(t, port)));
  proxy.child.kill('SIGTERM');
  await Promise.all(
    tunnels.map(async (tunnel) => {
      await tunnel.untilEnd();
      tunnel.close();
    }),
  );
  assert.equal(await proxy.exited, 0);
  const causes = [...proxy.stdout.matchAll(/"termination":"([a-z-]+)"/g)].map(([, cause]) => cause);
  assert.deepEqual(causes, ['shutdown', 'shutdown', 'shutdown']);
});
