import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import http from 'node:http';
import { performance } from 'node:perf_hooks';
import { describe, it } from 'node:test';
import { freePort } from '../../config/testing/free-ports.ts';
import { eventually } from '../testing/eventually.ts';
import { listen, refusedPort, serveHttp, serveTcp } from './testing/servers.ts';
import { Watch } from './testing/watch.ts';

const NEVER = '1h';
const FAST = { interval: '50ms', fastInterval: '20ms' };

describe('the first round', () => {
  it('has polled every node once when start resolves', async (t) => {
    const answering = await serveHttp(t, (_request, response) => response.end());
    const watch = new Watch(t, [answering, await refusedPort()], { interval: NEVER });
    assert.deepEqual(
      watch.poller.snapshot().nodes.map(({ state }) => state),
      ['unknown', 'unknown'],
    );
    await watch.poller.start();
    assert.deepEqual(
      watch.poller.snapshot().nodes.map(({ state }) => state),
      ['up', 'down'],
    );
    assert.deepEqual(
      watch.transitions.map(({ node, from, to, reason }) => ({ node, from, to, reason })).toSorted(byNode),
      [
        { node: 'CB_1', from: 'unknown', to: 'up', reason: 'admitted' },
        { node: 'CB_2', from: 'unknown', to: 'down', reason: 'refused' },
      ],
    );
  });

  it('does not wait for a hung node longer than the timeout', async (t) => {
    const watch = new Watch(t, [await serveTcp(t, (socket) => socket.resume())], { interval: NEVER, timeout: '100ms' });
    await watch.poller.start();
    assert.equal(watch.node().state, 'down');
    assert.equal(watch.transitions[0]?.reason, 'timeout');
  });

  it('says one moment of a change, whatever the clock does meanwhile', async (t) => {
    const watch = new Watch(t, [await serveHttp(t, (_request, response) => response.end())], { interval: NEVER });
    const start = Date.now();
    let ticks = 0;
    t.mock.method(Date, 'now', () => start + ticks++);
    await watch.poller.start();
    assert.equal(watch.transitions[0]?.to, 'up');
    assert.equal(watch.node().since, watch.transitions[0].at);
  });

  it('ends when the poller is stopped', async (t) => {
    const watch = new Watch(t, [await serveTcp(t, (socket) => socket.resume())], { interval: NEVER, timeout: '1m' });
    const started = watch.poller.start();
    await watch.poller.stop();
    await started;
    assert.deepEqual([watch.polls, watch.snapshots], [[], []]);
  });
});

describe('polling', () => {
  it('ejects a node that is killed and readmits it when it is back', async (t) => {
    let server = http.createServer((_request, response) => response.end());
    const port = await listen(server, await freePort());
    const other = await serveHttp(t, (_request, response) => response.end());
    const watch = new Watch(t, [port, other], { ...FAST, rise: 2, fall: 3 });
    await watch.poller.start();
    const up = watch.polls.length;
    server.close();
    server.closeAllConnections();
    await watch.until(() => watch.node().state === 'down');
    const failures = watch.polls.slice(up).filter(({ node, result }) => node === 'CB_1' && result.kind === 'failed');
    assert.equal(failures.length, 3);
    server = http.createServer((_request, response) => response.end());
    await listen(server, port);
    t.after(() => server.close());
    const down = watch.polls.length;
    await watch.until(() => watch.node().state === 'up');
    const successes = watch.polls.slice(down).filter(({ node, result }) => node === 'CB_1' && result.kind === 'ok');
    assert.equal(successes.length, 2);
  });

  it('readmits the first node that answers while all are down at once, and the next ones after `rise`', async (t) => {
    let up: readonly number[] = [0, 1];
    const ports = await Promise.all(
      [0, 1].map((index) =>
        serveHttp(t, (_request, response) => response.writeHead(up.includes(index) ? 200 : 500).end()),
      ),
    );
    const watch = new Watch(t, ports, { ...FAST, rise: 100, fall: 1 });
    await watch.poller.start();
    up = [];
    await watch.until(() => watch.node(0).state === 'down' && watch.node(1).state === 'down');
    up = [1];
    await watch.until(() => watch.node(1).state === 'up');
    up = [0, 1];
    const before = watch.polls.length;
    await watch.until(() => watch.polls.slice(before).filter(({ node }) => node === 'CB_1').length === 5);
    assert.equal(watch.node(0).state, 'down');
  });

  it('polls faster while all are down', async (t) => {
    let healthy = true;
    const ports = [await serveHttp(t, (_request, response) => response.writeHead(healthy ? 200 : 500).end())];
    const watch = new Watch(t, ports, { interval: '1h', fastInterval: '20ms', fall: 1 });
    await watch.poller.start();
    healthy = false;
    watch.poller.pollNow('CB_1');
    await watch.until(() => watch.polls.length === 4);
    healthy = true;
    await watch.until(() => watch.node().state === 'up');
  });

  it('never has two polls of a node at once, hung or not', async (t) => {
    let connections = 0;
    const port = await serveTcp(t, (socket) => {
      socket.resume();
      connections++;
    });
    const watch = new Watch(t, [port], { interval: '50ms', fastInterval: '20ms', timeout: '120ms', fall: 2 });
    const nagging = setInterval(() => watch.poller.pollNow('CB_1'), 5);
    t.after(() => clearInterval(nagging));
    void watch.poller.start();
    await watch.until(() => watch.polls.length === 5);
    assert.equal(watch.node().state, 'down');
    assert.ok(connections <= 6, `${connections} connections for five polls and the one under way`);
    let endedAt = 0;
    for (const poll of watch.polls) {
      assert.deepEqual(poll.result, { kind: 'failed', reason: 'timeout' });
      assert.ok(poll.endedAt - poll.durationMs >= endedAt - 1, 'began before the last one had ended');
      endedAt = poll.endedAt;
    }
  });

  it('polls faster in transition', async (t) => {
    let healthy = true;
    const port = await serveHttp(t, (_request, response) => response.writeHead(healthy ? 200 : 500).end());
    const watch = new Watch(t, [port], { interval: NEVER, fastInterval: '20ms', fall: 20 });
    await watch.poller.start();
    healthy = false;
    watch.poller.pollNow('CB_1');
    await watch.until(() => watch.polls.length === 12);
    assert.equal(watch.node().state, 'up');
  });

  it('keeps a draining node as draining, 503 and all', async (t) => {
    const port = await serveHttp(t, (_request, response) => {
      response.writeHead(503, { 'X-Cobrowse-State': 'draining', 'X-Cobrowse-Live-Sessions': '2' }).end();
    });
    const watch = new Watch(t, [port], FAST);
    await watch.poller.start();
    await watch.until(() => watch.polls.length === 6);
    assert.deepEqual([watch.node().state, watch.node().sessions], ['draining', 2]);
  });
});

describe('a poll asked for by traffic', () => {
  it('comes at once, and the next ones too until a refusing node is ejected', async (t) => {
    const server = http.createServer((_request, response) => response.end());
    const watch = new Watch(t, [await listen(server, 0)], { interval: NEVER, fastInterval: NEVER, fall: 3 });
    await watch.poller.start();
    server.close();
    server.closeAllConnections();
    for (let i = 0; i < 1000; i++) watch.poller.pollNow('CB_1');
    await watch.until(() => watch.node().state === 'down');
    assert.equal(watch.polls.length, 4);
  });

  it('happens after the one under way, which may have begun too early to know', async (t) => {
    const port = await serveHttp(t, (_request, response) => {
      if (watch.polls.length === 0) for (let i = 0; i < 10; i++) watch.poller.pollNow('CB_1');
      response.end();
    });
    const watch = new Watch(t, [port], { interval: NEVER });
    await watch.poller.start();
    await watch.until(() => watch.polls.length === 2);
  });

  it('is rate-limited', async (t) => {
    const port = await serveHttp(t, (_request, response) => response.end());
    const watch = new Watch(t, [port], { interval: NEVER });
    const began = performance.now();
    await watch.poller.start();
    const nagging = setInterval(() => watch.poller.pollNow('CB_1'), 1);
    t.after(() => clearInterval(nagging));
    await watch.until(() => watch.polls.length === 5);
    assert.ok(performance.now() - began > 4 * 45);
  });

  it('for a name that is not configured is nothing', (t) => {
    new Watch(t, [1], { interval: NEVER }).poller.pollNow('nobody');
  });
});

describe('a node that traffic suspects', () => {
  it('is out when the one poll that follows is not answered soon, though polls may take long and three must fail', async (t) => {
    let hung = false;
    const port = await serveHttp(t, (_request, response) => {
      if (!hung) response.end();
    });
    const watch = new Watch(t, [port], { interval: NEVER, fastInterval: NEVER, timeout: '1m', fall: 3 });
    await watch.poller.start();
    hung = true;
    for (let i = 0; i < 100; i++) watch.poller.suspect('CB_1');
    await watch.until(() => watch.node().state === 'down');
    assert.equal(watch.polls.length, 2);
    assert.deepEqual([watch.transitions.at(-1)?.reason, watch.transitions.at(-1)?.from], ['timeout', 'up']);
    watch.poller.suspect('CB_1');
    assert.equal(watch.polls.length, 2, 'there is nothing more to suspect');
  });

  it('is not given the time of a poll under way, which began without suspicion', async (t) => {
    const asked = new EventEmitter();
    let requests = 0;
    const port = await serveHttp(t, (_request, response) => {
      requests++;
      if (requests === 1) response.end();
      else asked.emit('again');
    });
    const watch = new Watch(t, [port], { interval: '50ms', timeout: '1m' });
    const again = once(asked, 'again');
    await watch.poller.start();
    await again;
    watch.poller.suspect('CB_1');
    await watch.until(() => watch.node().state === 'down');
    assert.deepEqual([requests, watch.polls.length], [3, 2]);
  });

  it('stays when it answers, and may be suspected again', async (t) => {
    const port = await serveHttp(t, (_request, response) => response.end());
    const watch = new Watch(t, [port], { interval: NEVER });
    await watch.poller.start();
    for (const polls of [2, 3]) {
      watch.poller.suspect('CB_1');
      await watch.until(() => watch.polls.length === polls);
    }
    assert.equal(watch.node().state, 'up');
    assert.equal(watch.transitions.length, 1);
  });
});

describe('a node that is ejected for its silence', () => {
  it('is polled at once, heard when it goes on, and told apart from one that is dead', async (t) => {
    let silent = false;
    const held: http.ServerResponse[] = [];
    const port = await serveHttp(t, (_request, response) => {
      if (silent) held.push(response);
      else response.end();
    });
    // Nobody polls the other node again, so the pool is not all down.
    const other = await serveHttp(t, (_request, response) => response.end());
    const watch = new Watch(t, [port, other], { interval: NEVER, fastInterval: NEVER, timeout: '1m' });
    await watch.poller.start();
    silent = true;
    watch.poller.suspect('CB_1');
    await watch.until(() => watch.node().state === 'down');
    assert.equal(watch.node().silence, 'lasting');
    // The poll that waits for it: the one before was broken off.
    await eventually(() => held.length === 2);
    for (const response of held) response.end();
    await watch.until(() => watch.node().silence === 'over');
    assert.deepEqual([watch.node().state, watch.snapshots.at(-1)?.nodes[0]?.silence], ['down', 'over']);
  });
});

describe('publishing', () => {
  it('publishes frozen snapshots with rising versions', async (t) => {
    let sessions = 0;
    const port = await serveHttp(t, (_request, response) => {
      response.setHeader('X-Cobrowse-Live-Sessions', String(sessions++));
      response.end();
    });
    const watch = new Watch(t, [port, await refusedPort()], FAST);
    await watch.poller.start();
    await watch.until(() => watch.snapshots.length >= 4);
    watch.snapshots.forEach((snapshot, index) => {
      assert.equal(snapshot.version, index + 2);
      assert.ok([snapshot, snapshot.nodes, ...snapshot.nodes].every(Object.isFrozen));
    });
    assert.equal(watch.poller.snapshot(), watch.snapshots.at(-1));
  });

  it('publishes nothing while nothing changes', async (t) => {
    const port = await serveHttp(t, (_request, response) => response.end());
    const watch = new Watch(t, [port], FAST);
    await watch.poller.start();
    await watch.until(() => watch.polls.length === 6);
    assert.equal(watch.snapshots.length, 1);
  });

  it('publishes a fresh report with an equal count: it counts anew what is assigned', async (t) => {
    const port = await serveHttp(t, (_request, response) => {
      response.setHeader('X-Cobrowse-Live-Sessions', '5').end();
    });
    const watch = new Watch(t, [port], FAST);
    await watch.poller.start();
    await watch.until(() => watch.snapshots.length === 3);
    const reported = watch.snapshots.map(({ nodes }) => nodes[0]?.reportedAt ?? 0);
    assert.deepEqual(reported, reported.toSorted());
    assert.equal(new Set(reported).size, 3);
    assert.ok(watch.snapshots.every(({ nodes }) => nodes[0]?.sessions === 5));
  });

  it('publishes a restart at once', async (t) => {
    let instance = 'a';
    const port = await serveHttp(t, (_request, response) => {
      response.setHeader('X-Cobrowse-Instance', instance).setHeader('X-Cobrowse-Capacity', '10').end();
    });
    const watch = new Watch(t, [port], FAST);
    await watch.poller.start();
    assert.deepEqual([watch.node().instanceId, watch.node().capacity], ['a', 10]);
    const { since, instanceSince } = watch.node();
    await watch.until(() => watch.polls.length > 2);
    assert.equal(watch.node().instanceSince, instanceSince);
    const before = Date.now();
    instance = 'b';
    await watch.until(() => watch.node().instanceId === 'b');
    const { from, to, reason } = watch.transitions.at(-1) ?? {};
    assert.deepEqual([from, to, reason], ['up', 'up', 'restarted']);
    assert.equal(watch.node().since, since);
    assert.ok(instanceSince > 0 && watch.node().instanceSince >= before);
  });

  it('is silent after stop', async (t) => {
    const before = timers();
    const port = await serveHttp(t, (_request, response) => {
      response.setHeader('X-Cobrowse-Live-Sessions', '5').end();
    });
    const watch = new Watch(t, [port], FAST);
    await watch.poller.start();
    await watch.until(() => watch.polls.length === 2);
    await watch.poller.stop();
    const said = [watch.polls.length, watch.snapshots.length];
    watch.poller.pollNow('CB_1');
    assert.ok(timers() <= before);
    assert.deepEqual([watch.polls.length, watch.snapshots.length], said);
  });
});

/** Of the whole process, in which other files may have left some. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}

function byNode(a: { readonly node: string }, b: { readonly node: string }): number {
  return a.node < b.node ? -1 : 1;
}
