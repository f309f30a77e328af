/** What changes a pool that is being polled: an operator's word, and another configuration. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { leavesEnough } from './outliers.ts';
import { HealthPoller } from './poller.ts';
import type { PoolNode } from './pool-node.ts';
import { refusedPort, serveHttp, serveTcp } from './testing/servers.ts';
import { namedPool, poolConfig, Watch } from './testing/watch.ts';

const NEVER = { interval: '1h', fastInterval: '1h' };

describe('an operator', () => {
  it('drains, takes out and gives back a node, whose health goes on underneath', async (t) => {
    let draining = false;
    const port = await serveHttp(t, (_request, response) => {
      response.setHeader('X-Cobrowse-State', draining ? 'draining' : 'ready').end();
    });
    const watch = new Watch(t, [port], NEVER);
    await watch.poller.start();
    const told = (): unknown => {
      const { from, to, reason } = watch.transitions.at(-1) ?? {};
      return [watch.node().operator, from, to, reason];
    };
    watch.poller.obey('CB_1', 'draining');
    assert.deepEqual(told(), ['draining', 'up', 'draining', 'operator-draining']);
    await watch.until(() => watch.polls.length === 2);
    watch.poller.obey('CB_1', 'maintenance');
    assert.deepEqual(told(), ['maintenance', 'draining', 'down', 'operator-maintenance']);
    const { since } = watch.node();
    draining = true;
    await watch.until(() => watch.polls.length === 3);
    assert.deepEqual([watch.node().state, watch.node().since], ['down', since], 'what the node says waits');
    watch.poller.obey('CB_1', 'ready');
    assert.deepEqual(told(), ['ready', 'down', 'draining', 'operator-ready']);
    assert.equal(watch.transitions.length, 4);
    assert.equal(watch.poller.snapshot(), watch.snapshots.at(-1));
  });

  it('who spoke before the start is heard from the first snapshot on', async (t) => {
    const port = await serveHttp(t, (_request, response) => response.end());
    const watch = new Watch(t, [port, port + 1], NEVER, { CB_1: 'draining', CB_2: 'maintenance' });
    assert.deepEqual(watch.states(), { CB_1: 'unknown', CB_2: 'down' });
    await watch.poller.start();
    assert.deepEqual(watch.states(), { CB_1: 'draining', CB_2: 'down' });
  });

  it('who names a node that is not there is not heard', (t) => {
    const watch = new Watch(t, [1], NEVER);
    watch.poller.obey('nobody', 'draining');
    assert.deepEqual(watch.snapshots, []);
  });
});

describe('another configuration', () => {
  it('shows what is configured of each node, its cap too', async (t) => {
    const port = await serveHttp(t, (_request, response) => response.end());
    const pool = (maxConnections?: number) => namedPool([{ name: 'CB_1', port, weight: 3, maxConnections }], NEVER);
    const poller = new HealthPoller(pool(7), { onChange: () => {} });
    t.after(() => poller.stop());
    const shown = () => poller.snapshot().nodes.map(({ weight, maxConnections }) => [weight, maxConnections]);
    assert.deepEqual(shown(), [[3, 7]]);
    (await poller.prepare(pool())).commit();
    assert.deepEqual(shown(), [[3, undefined]]);
  });

  it('withdraws a node, which keeps what it has until it is found again, and is no reason to keep an erring one', async (t) => {
    const ports = await Promise.all([1, 2, 3].map(() => serveHttp(t, (_request, response) => response.end())));
    const watch = new Watch(t, ports, NEVER);
    await watch.poller.start();
    const config = poolConfig(ports, NEVER);
    const nodes: readonly PoolNode[] = config.nodes.map((node) =>
      node.name === 'CB_1' ? { ...node, source: 'SRV a', withdrawn: 17 } : node,
    );
    (await watch.poller.prepare({ ...config, nodes })).commit();
    const told = (): unknown => {
      const { node, from, to, reason } = watch.transitions.at(-1) ?? {};
      return [node, from, to, reason];
    };
    assert.deepEqual(watch.states(), { CB_1: 'draining', CB_2: 'up', CB_3: 'up' });
    assert.deepEqual(told(), ['CB_1', 'up', 'draining', 'withdrawn']);
    const pool = watch.poller.snapshot().nodes;
    assert.deepEqual([pool[0]?.withdrawn, pool[0]?.source, pool[1]?.withdrawn], [17, 'SRV a', undefined]);
    assert.equal(leavesEnough(pool, 'CB_2'), true, 'of two that are wanted one is left');
    (await watch.poller.prepare(config)).commit();
    assert.deepEqual(told(), ['CB_1', 'draining', 'up', 'found']);
  });

  it('keeps the health of nodes that stay, and has polled the new ones by the time it holds', async (t) => {
    const [a = 0, b = 0, c = 0] = await Promise.all(
      ['a', 'b', 'c'].map((instance) =>
        serveHttp(t, (_request, response) => response.setHeader('X-Cobrowse-Instance', instance).end()),
      ),
    );
    const watch = new Watch(t, [a, b], NEVER);
    await watch.poller.start();
    const before = watch.poller.snapshot();
    const prepared = await watch.poller.prepare(
      namedPool(
        [
          { name: 'CB_3', port: c },
          { name: 'CB_1', port: a, weight: 5 },
        ],
        NEVER,
      ),
    );
    assert.equal(watch.poller.snapshot(), before, 'nothing of it shows');
    const shown = ({ name, index, state, weight, instanceId }: (typeof before.nodes)[number]): unknown => [
      name,
      index,
      state,
      weight,
      instanceId,
    ];
    const expected = [
      ['CB_3', 2, 'up', 1, 'c'],
      ['CB_1', 0, 'up', 5, 'a'],
    ];
    assert.deepEqual(prepared.snapshot.nodes.map(shown), expected);
    const after = prepared.commit();
    assert.deepEqual(after.nodes.map(shown), expected);
    assert.equal(after.nodes[1]?.since, before.nodes[0]?.since);
    assert.deepEqual([watch.poller.snapshot(), after.version], [after, before.version + 1]);
    assert.equal(watch.polls.length, 3, 'nodes that stay are not polled for it');

    const polls = watch.polls.length;
    watch.poller.pollNow('CB_2');
    watch.poller.pollNow('CB_1');
    await watch.until(() => watch.polls.length > polls);
    assert.deepEqual(
      watch.polls.slice(polls).map(({ node }) => node),
      ['CB_1'],
    );

    const again = await watch.poller.prepare(
      namedPool(
        [
          { name: 'CB_2', port: b },
          { name: 'CB_4', port: c },
        ],
        NEVER,
      ),
    );
    assert.deepEqual(
      again.commit().nodes.map(({ name, index }) => [name, index]),
      [
        ['CB_2', 1],
        ['CB_4', 3],
      ],
      'a name that comes back has its slot, and no other name gets it',
    );
  });

  it('begins anew with a node that moved, and waits no longer for it than a poll may take', async (t) => {
    const a = await serveHttp(t, (_request, response) => response.end());
    const hung = await serveTcp(t, (socket) => socket.resume());
    const watch = new Watch(t, [a], NEVER);
    await watch.poller.start();
    // Only the node that never answers has so little time: a busy machine may take longer with the other.
    const impatient = { ...NEVER, timeout: '100ms' };
    const prepared = await watch.poller.prepare(namedPool([{ name: 'CB_1', port: hung }], impatient));
    assert.deepEqual(watch.states(), { CB_1: 'up' });
    prepared.commit();
    assert.deepEqual(watch.states(), { CB_1: 'down' });
    assert.equal(watch.node().index, 0);
  });

  it('that is discarded leaves nothing behind', async (t) => {
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    // Other files in this process may have left some.
    const timersBefore = timers();
    const a = await serveHttp(t, (_request, response) => response.end());
    const watch = new Watch(t, [a], NEVER);
    await watch.poller.start();
    const before = watch.poller.snapshot();
    const prepared = await watch.poller.prepare(namedPool([{ name: 'CB_2', port: await refusedPort() }], NEVER));
    prepared.discard();
    assert.equal(watch.poller.snapshot(), before);
    await watch.poller.stop();
    assert.ok(timers() <= timersBefore);
  });

  it('polls by its own rules at once', async (t) => {
    const a = await serveHttp(t, (_request, response) => response.end());
    const watch = new Watch(t, [a], NEVER);
    await watch.poller.start();
    (await watch.poller.prepare(namedPool([{ name: 'CB_1', port: a }], { interval: '50ms' }))).commit();
    await watch.until(() => watch.polls.length === 3);
  });

  it('may be given up with the poller', async (t) => {
    const hung = await serveTcp(t, (socket) => socket.resume());
    const watch = new Watch(t, [1], NEVER);
    const preparing = watch.poller.prepare(namedPool([{ name: 'CB_2', port: hung }], { ...NEVER, timeout: '1m' }));
    await watch.poller.stop();
    await preparing;
    assert.deepEqual(watch.polls, []);
  });
});
