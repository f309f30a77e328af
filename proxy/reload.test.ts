/** A reload, and new workers, as clients see them: not at all. The proxy is a process, known by the wire alone. */
import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { test } from 'node:test';
import { configFile } from './control/testing/proxy-process.ts';
import { startHoldingNode } from './testing/holding-node.ts';
import { ask } from './testing/http-client.ts';
import { startProxyFrom } from './testing/running-proxy.ts';
import { openTunnel } from './testing/tunnel.ts';
import { until } from './testing/until.ts';

const TUNNELS = 30;

test('a reload that adds a node, changes a weight and the listeners drops nothing; an invalid one changes nothing', async (t) => {
  const [a, b] = [await startHoldingNode(t, 'a'), await startHoldingNode(t, 'b')];
  const basics = { listeners: [{ port: 0 }], admin: { port: 0 }, workers: 2, health: { interval: '1h' } };
  const before = { ...basics, nodes: [{ name: 'a', url: a.url }] };
  const file = await configFile(t, before);
  const { proxy, port, admin, read, status } = await startProxyFrom(t, file);
  const reload = () => ask(admin, { method: 'POST', path: '/reload' });
  const write = async (config: object): Promise<void> => {
    await writeFile(`${file}.new`, JSON.stringify(config));
    await rename(`${file}.new`, file);
  };

  const tunnels = await Promise.all(Array.from({ length: TUNNELS }, () => openTunnel(t, port)));
  const poll = ask(port, { method: 'POST', path: '/cobrowse/cometd', headers: { cookie: 'gcbSessionServer=a' } });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  assert.equal((await ask(port, { path: '/cobrowse/x', agent })).body, 'a');
  const first = await status();
  const pids = first.workers.map(({ pid }) => pid);

  await t.test('invalid', async () => {
    await write({ ...before, nodes: [], balance: 'by-luck' });
    const answer = await reload();
    assert.equal(answer.status, 422);
    const { code, problems } = JSON.parse(answer.body).error;
    assert.equal(code, 'invalid_configuration');
    assert.equal(problems.length, 2);
    assert.ok(
      problems.every((problem: string) => problem.startsWith(`${file}:1:`)),
      problems,
    );
    assert.equal((await ask(port, { path: '/cobrowse/x' })).body, 'a');
    assert.match(await read('/metrics'), /cobrowse_proxy_config_last_reload_success 0\n/);
  });

  await t.test('with listeners that cannot be had', async () => {
    await write({ ...before, listeners: [{ port: 0 }, { port: admin }] });
    const answer = await reload();
    assert.equal(answer.status, 409, answer.body);
    assert.match(answer.body, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${admin}: the address is already in use`));
    const { workers, nodes } = await status();
    const serving = workers.filter(({ retiring }) => !retiring).map(({ pid }) => pid);
    // The change of the file itself may have another worker on trial at this moment.
    assert.deepEqual(
      pids.filter((pid) => !serving.includes(pid)),
      [],
    );
    assert.equal(nodes.length, 1);
  });

  await t.test('valid', async () => {
    const nodes = [
      { name: 'a', url: a.url, weight: 5 },
      { name: 'b', url: b.url },
    ];
    await write({ ...basics, listeners: [{ port: 0 }, { port: 0 }], nodes });
    assert.equal((await reload()).status, 200);
    const after = await status();
    assert.deepEqual(
      after.nodes.map(({ name, state, weight }) => [name, state, weight]),
      [
        ['a', 'up', 5],
        ['b', 'up', 1],
      ],
    );
    assert.equal(after.listeners.length, 2);
    assert.equal(after.listeners[0]?.port, port);
    const serving = after.workers.filter(({ retiring }) => !retiring).map(({ pid }) => pid);
    assert.equal(serving.length, 2);
    assert.deepEqual(
      serving.filter((pid) => pids.includes(pid)),
      [],
    );
    for (const listener of after.listeners) {
      const bound = { path: '/cobrowse/x', headers: { cookie: 'gcbSessionServer=b' } };
      assert.equal((await ask(listener.port, bound)).body, 'b');
    }
  });

  await t.test('what was open goes on', async () => {
    assert.equal((await ask(port, { path: '/cobrowse/x', agent })).headers.connection, 'close');
    for (const [index, tunnel] of tunnels.entries()) tunnel.send(`still here ${index}.`);
    await Promise.all(tunnels.map((tunnel, index) => tunnel.until(`still here ${index}.`)));
    a.held[0]?.end('held and released');
    assert.equal((await poll).body, 'held and released');
  });

  await t.test('old workers end when nothing is open', async () => {
    assert.ok((await status()).workers.some(({ retiring }) => retiring));
    for (const tunnel of tunnels) tunnel.close();
    await until(status, ({ workers }) => workers.length === 2);
    const { traffic, workerRestarts } = await status();
    assert.deepEqual([traffic.tunnels, traffic.inFlight, workerRestarts], [0, 0, 0]);
  });

  await t.test('SIGUSR2 puts new workers in their place, and SIGHUP does what the file says', async () => {
    const tunnel = await openTunnel(t, port);
    const old = (await status()).workers.map(({ pid }) => pid);
    proxy.child.kill('SIGUSR2');
    await proxy.says(/all workers are new/);
    const { workers } = await status();
    assert.equal(workers.filter(({ pid, retiring }) => !retiring && !old.includes(pid)).length, 2);
    tunnel.send('still here.');
    await tunnel.until('still here.');
    await write({ ...basics, workers: 1, listeners: [{ port: 0 }, { port: 0 }], nodes: [{ name: 'b', url: b.url }] });
    proxy.child.kill('SIGHUP');
    await proxy.says(/new configuration in force: (?:workers, nodes|nodes, workers)/);
    await until(status, (now) => now.workers.filter(({ retiring }) => !retiring).length === 1);
    // The worker that retires hears of it after the primary.
    await until(
      () => ask(port, { path: '/cobrowse/x', headers: { cookie: 'gcbSessionServer=a' } }),
      ({ body }) => body === 'b',
    );
    tunnel.send('And here.');
    await tunnel.until('And here.');
  });

  proxy.child.kill('SIGTERM');
  assert.equal(await proxy.exited, 0, proxy.stderr);
});
