/** The failover report, session timelines and the pair check, of the whole proxy as it is deployed. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { SessionAnswer } from './control/report-answers.ts';
import { CLI, ProxyProcess } from './control/testing/proxy-process.ts';
import { ask, refusalCode } from './testing/http-client.ts';
import { nodesAt, startProxy } from './testing/running-proxy.ts';
import { StoryNode } from './testing/story-node.ts';
import { openTunnel } from './testing/tunnel.ts';
import { until } from './testing/until.ts';

const SESSIONS = '/cobrowse/rest/live/sessions';

async function start(t: TestContext, nodes: readonly StoryNode[]) {
  const running = await startProxy(t, {
    workers: 2,
    health: { interval: '100ms', fastInterval: '50ms' },
    nodes: nodesAt(nodes).map((node) => ({ ...node, serverUrl: `http://proxy.test/${node.name}/cobrowse` })),
  });
  return {
    ...running,
    metric: async (line: string): Promise<number> => {
      const found = (await running.read('/metrics'))
        .split('\n')
        .find((one) => one.startsWith(`cobrowse_proxy_${line} `));
      return Number(found?.split(' ').at(-1));
    },
  };
}

test('what fails is told: pairs, sessions, nodes, workers', async (t) => {
  const nodes = [await StoryNode.start(t, 'CB_1'), await StoryNode.start(t, 'CB_2')];
  const { proxy, port, admin, read, incidents, metric } = await start(t, nodes);

  const created = JSON.parse((await ask(port, { method: 'POST', path: SESSIONS })).body);
  const token: string = created.sessionToken;
  const owner = nodes.find(({ name }) => name === created.sessionServerName);
  const other = nodes.find(({ name }) => name !== created.sessionServerName);
  assert.ok(owner && other);
  const cookie = `gcbSessionServer=${owner.name}`;

  await t.test('an agent who is led to the owner is a pair', async () => {
    // Whichever worker accepts it, a cookie of the owner keeps it there.
    const found = await ask(port, { path: `${SESSIONS}/${token}`, headers: { cookie } });
    assert.equal(found.status, 200);
    await until(
      async () => (await metric('pair_check_total{result="ok"}')) + (await metric('pair_check_total{result="split"}')),
      (pairs) => pairs === 1,
    );
  });

  await t.test('an agent who comes by the URL of another node is a split, and told by alias', async () => {
    const splits = await metric('pair_check_total{result="split"}');
    const answer = await ask(port, {
      path: `/${other.name}/cobrowse/rest/live/sessions/${token}`,
      headers: { host: 'proxy.test' },
    });
    assert.equal(answer.status, 200);
    await until(
      () => metric('pair_check_total{result="split"}'),
      (now) => now === splits + 1,
    );
    await proxy.says(/one session on two nodes/);
  });

  await t.test('a node that is killed is one incident, over when it is back, with what it cost', async () => {
    await until(
      () => metric(`node_sessions{node="${owner.name}"}`),
      (sessions) => sessions === 1,
    );
    const tunnel = await openTunnel(t, port, cookie);
    owner.kill();
    await tunnel.untilEnd();
    tunnel.close();
    const [begun] = await until(incidents, ({ length }) => length > 0);
    assert.deepEqual(
      [begun?.node, begun?.kind, begun?.recoveredAt, begun?.sessions],
      [owner.name, 'ejection', null, 1],
    );
    assert.equal(await metric(`incident_open{node="${owner.name}"}`), 1);
    const refused = await ask(port, { method: 'POST', path: '/cobrowse/cometd', headers: { cookie } });
    assert.equal(refusalCode(refused), 'node_unreachable');

    await owner.restart();
    const [over, ...more] = await until(incidents, ([incident]) => typeof incident?.durationMs === 'number');
    assert.deepEqual(more, []);
    assert.ok(over);
    assert.ok((over.detectionMs ?? -1) >= 0 && (over.durationMs ?? -1) > 0);
    assert.equal(over.sessionsLost, 1);
    assert.equal(over.tunnelsClosed, 1);
    assert.ok(over.requestsFailed >= 1);
    assert.equal(await metric(`incidents_total{node="${owner.name}",cause="${over.cause}"}`), 1);
    assert.equal(await metric(`sessions_lost_total{node="${owner.name}"}`), 1);
    await proxy.says(new RegExp(`incident 1 is over: node ${owner.name} ejected`));
  });

  await t.test("the session's timeline has all of that, and no token", async () => {
    const text = await read(`/sessions/${token}`);
    const story = JSON.parse(text) as SessionAnswer;
    assert.deepEqual([story.owner?.node, story.owner?.knownBy, story.owner?.state], [owner.name, 'create', 'up']);
    assert.deepEqual(
      story.events.map((event) => [event.class, event.node, event.termination]),
      [
        ['create', owner.name, 'completed'],
        ['session', story.events[1]?.node, 'completed'],
        ['session', other.name, 'completed'],
      ],
    );
    assert.deepEqual(
      story.incidents.map(({ id }) => id),
      [1],
    );
    assert.equal(story.silentWorkers, 0);
    assert.ok(!text.includes(token));
    assert.equal((await ask(admin, { path: '/sessions/1' })).status, 404);
  });

  await t.test('a worker that is killed is an incident, over when another serves', async () => {
    const { workers } = JSON.parse(await read('/status')) as { workers: readonly { readonly pid: number }[] };
    process.kill(workers[0]?.pid ?? 0, 'SIGKILL');
    const [newest] = await until(
      incidents,
      ([incident]) => typeof incident?.durationMs === 'number' && incident.id > 1,
    );
    assert.deepEqual([newest?.kind, newest?.cause, newest?.node], ['worker', 'worker-death', null]);
  });

  await t.test('the command shows the same, newest first', async () => {
    const command = new ProxyProcess(t, [CLI, 'incidents', '--admin', `http://127.0.0.1:${admin}`]);
    assert.equal(await command.exited, 0, command.stderr);
    assert.match(command.stdout, new RegExp(`^ID .*\\n2 .* worker .*\\n1 .* ${owner.name} .*\\n$`));
  });

  await t.test('no log has the token, and the lines of the session have one alias', async () => {
    proxy.child.kill('SIGTERM');
    assert.equal(await proxy.exited, 0);
    const lines = proxy.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const named = lines.filter(({ class: requestClass }) => requestClass === 'create' || requestClass === 'session');
    const aliases = new Set(named.map(({ session }) => session));
    assert.equal(aliases.size, 1);
    assert.match(String([...aliases][0]), /^[0-9a-f]{12}$/);
    assert.ok(!proxy.stdout.includes(token) && !proxy.stderr.includes(token));
  });
});
