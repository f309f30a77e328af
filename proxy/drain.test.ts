/** A drain from the command line to its end, over a restart of the proxy. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { NodeStatus } from './control/status.ts';
import { CLI, configFile, ProxyProcess } from './control/testing/proxy-process.ts';
import { ask } from './testing/http-client.ts';

/** A node that says how many live sessions it has, which the test decides. */
async function startNode(t: TestContext, name: string) {
  const node = { name, url: '', sessions: 0 };
  const server = createServer((_, response) => {
    response.setHeader('X-Cobrowse-Live-Sessions', node.sessions).end(name);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  node.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/cobrowse`;
  return node;
}

test('a drained node gets no new sessions, on every worker, also after a restart; the drain ends with the last session', async (t) => {
  const nodes = [await startNode(t, 'a'), await startNode(t, 'b')];
  const stateFile = `${await configFile(t, '')}.state`;
  const token = 'a-token-for-tests';
  const file = await configFile(t, {
    listeners: [{ port: 0 }],
    admin: { port: 0, token },
    stateFile,
    workers: 2,
    nodes: nodes.map(({ name, url }) => ({ name, url })),
    health: { interval: '100ms' },
  });
  const start = async () => {
    const proxy = new ProxyProcess(t, [CLI, 'start', '--config', file]);
    const { listeners, admin } = await proxy.listening();
    return { proxy, port: listeners[0]?.port ?? 0, admin: admin.port };
  };
  const createTen = async (port: number): Promise<ReadonlySet<string>> => {
    const create = () => ask(port, { method: 'POST', path: '/cobrowse/rest/live/sessions' });
    return new Set((await Promise.all(Array.from({ length: 10 }, create))).map(({ body }) => body));
  };
  const [a] = nodes;
  assert.ok(a);
  a.sessions = 2;

  const before = await start();
  const command = (...args: readonly string[]) =>
    new ProxyProcess(t, [CLI, ...args, '--admin', `http://127.0.0.1:${before.admin}`, '--token', token]);
  const ordered = command('drain', 'a');
  assert.equal(await ordered.exited, 0, ordered.stderr);
  assert.equal(ordered.stdout, 'a is draining: 2 sessions left\n');
  assert.deepEqual([...(await createTen(before.port))], ['b']);

  const waiting = command('drain', 'a', '--wait', '--deadline', '10m');
  await once(waiting.child.stdout ?? waiting.child, 'data');
  a.sessions = 0;
  assert.equal(await waiting.exited, 0, waiting.stderr);
  assert.match(waiting.stdout, /^a is draining: 2 sessions left, \d+ s to the deadline\n(?:.*\n)*a is drained\n$/);

  before.proxy.child.kill('SIGTERM');
  assert.equal(await before.proxy.exited, 0);
  const after = await start();
  const { state, operator }: NodeStatus = JSON.parse((await ask(after.admin, { path: '/nodes/a' })).body);
  assert.deepEqual([state, operator.state], ['draining', 'draining']);
  assert.deepEqual([...(await createTen(after.port))], ['b']);
});
