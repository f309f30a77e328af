/** The end of the proxy, as a balancer in front of it and its clients see it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { CLI, configFile, ProxyProcess } from './control/testing/proxy-process.ts';
import { ask } from './testing/http-client.ts';
import { RawClient } from './testing/raw-client.ts';

const UPGRADE = 'GET /cobrowse/cometd HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

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

async function startProxy(t: TestContext, timeouts: object) {
  const nodes = [{ name: 'a', url: await startNode(t) }];
  const config = { listeners: [{ port: 0 }], admin: { port: 0 }, workers: 1, nodes, timeouts };
  const proxy = new ProxyProcess(t, [CLI, 'start', '--config', await configFile(t, config)]);
  const { listeners, admin } = await proxy.listening();
  return { proxy, port: listeners[0]?.port ?? 0, admin: admin.port };
}

test('with a delay it first says that it leaves, on both listeners, and serves until then', async (t) => {
  const { proxy, port, admin } = await startProxy(t, { shutdownDelay: '3s' });
  assert.equal((await ask(port, { path: '/cobrowse/health' })).status, 200);
  proxy.child.kill('SIGTERM');
  for (;;) {
    const { status } = await ask(port, { path: '/cobrowse/health' });
    if (status === 503) break;
    await setTimeout(5);
  }
  assert.match((await ask(admin, { path: '/ready' })).body, /shutting_down/);
  assert.equal((await ask(port, { path: '/cobrowse/x' })).body, 'the node');
  assert.equal(await proxy.exited, 0);
});

test('tunnels are closed one after the other, and the end does not wait for the deadline', async (t) => {
  const { proxy, port } = await startProxy(t, { shutdown: '10m' });
  const tunnels = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const client = await RawClient.open(port);
      t.after(() => client.close());
      client.send(UPGRADE);
      await client.until('\r\n\r\n');
      return client;
    }),
  );
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
