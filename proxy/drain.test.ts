/** A drain from the command line to its end, over a restart of the proxy. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import type { NodeStatus } from './control/status.ts';
import { CLI, configFile, ProxyProcess } from './control/testing/proxy-process.ts';
import { serveHttp } from './pool/testing/servers.ts';
import { ask } from './testing/http-client.ts';
import { nodesAt, startProxyFrom } from './testing/running-proxy.ts';
import { until } from './testing/until.ts';

/** A node that says how many live sessions it has, which the test decides. */
async function startNode(t: TestContext, name: string) {
  const node = { name, port: 0, sessions: 0 };
  node.port = await serveHttp(t, (_, response) => {
    response.setHeader('X-Cobrowse-Live-Sessions', node.sessions).end(name);
  });
  return node;
}

test('a drained node gets no new sessions, on every worker, also after a restart; the drain ends with the last session', async (t) => {
  const nodes = [await startNode(t, 'a'), await startNode(t, 'b')];
  const stateFile = `${await configFile(t, '')}.state`;
  const tokenFile = await configFile(t, 'a-token-for-tests\n');
  const file = await configFile(t, {
    listeners: [{ port: 0 }],
    admin: { port: 0, tokenFile },
    stateFile,
    workers: 2,
    nodes: nodesAt(nodes),
    health: { interval: '100ms' },
  });
  const createTen = async (port: number): Promise<ReadonlySet<string>> => {
    const create = () => ask(port, { method: 'POST', path: '/cobrowse/rest/live/sessions' });
    return new Set((await Promise.all(Array.from({ length: 10 }, create))).map(({ body }) => body));
  };
  const [a] = nodes;
  assert.ok(a);
  a.sessions = 2;

  const before = await startProxyFrom(t, file);
  const command = (...args: readonly string[]) =>
    new ProxyProcess(t, [CLI, ...args, '--admin', `http://127.0.0.1:${before.admin}`, '--token-file', tokenFile]);
  const ordered = command('drain', 'a');
  assert.equal(await ordered.exited, 0, ordered.stderr);
  assert.equal(ordered.stdout, 'a is draining: 2 sessions left\n');
  // The workers hear of it after the primary, which is what the command tells of; from then on it stays so.
  await until(
    () => createTen(before.port),
    (names) => !names.has('a'),
  );
  assert.deepEqual([...(await createTen(before.port))], ['b']);

  const interrupted = command('drain', 'a', '--wait');
  await once(interrupted.child.stdout ?? interrupted.child, 'data');
  interrupted.child.kill('SIGINT');
  assert.equal(await interrupted.exited, 130, interrupted.stderr);
  assert.match(interrupted.stdout, /\nnobody waits any more, but the drain of a goes on; .*\n$/);

  const waiting = command('drain', 'a', '--wait', '--deadline', '10m');
  await once(waiting.child.stdout ?? waiting.child, 'data');
  a.sessions = 0;
  assert.equal(await waiting.exited, 0, waiting.stderr);
  assert.match(waiting.stdout, /^a is draining: 2 sessions left, \d+ s to the deadline\n(?:.*\n)*a is drained\n$/);

  before.proxy.child.kill('SIGTERM');
  assert.equal(await before.proxy.exited, 0);
  const after = await startProxyFrom(t, file);
  const { state, operator }: NodeStatus = JSON.parse(await after.read('/nodes/a'));
  assert.deepEqual([state, operator.state], ['draining', 'draining']);
  assert.deepEqual([...(await createTen(after.port))], ['b']);
});
