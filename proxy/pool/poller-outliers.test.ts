/** What traffic shows of a node whose `/health` is well: errors only, or no answer at all. */
import assert from 'node:assert/strict';
import http, { type ServerResponse } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { freePort } from '../../config/testing/free-ports.ts';
import type { NodeSigns } from './signs.ts';
import { listen, serveHttp } from './testing/servers.ts';
import { poolConfig, Watch } from './testing/watch.ts';

const FAST = { interval: '50ms', fastInterval: '20ms' };
/** As long as a look-up may take that shows that a node is hung. */
const HUNG_AFTER = '2s';

/** A node that is well at `/health`, and elsewhere unless it is hung. */
class Node {
  hung = false;
  lookUps = 0;
  readonly #held: ServerResponse[] = [];

  serve(t: TestContext): Promise<number> {
    return serveHttp(t, ({ url }, response) => {
      if (url === '/cobrowse/health') response.end();
      else {
        this.lookUps++;
        if (this.hung) this.#held.push(response);
        else response.writeHead(404).end();
      }
    });
  }
}

async function poolOf(t: TestContext, size: number, outliers: object = {}, more: object = {}) {
  const nodes = Array.from({ length: size }, () => new Node());
  const ports = await Promise.all(nodes.map((node) => node.serve(t)));
  const watch = new Watch(t, ports, { ...FAST, ...more, outliers: { ejection: '1h', hung: '1s', ...outliers } });
  await watch.poller.start();
  const counted = (node: string, failures: number): void => watch.poller.heard(1, [{ ...SILENT, node, failures }]);
  const errs = async (node: string): Promise<void> => {
    counted(node, 5);
    await watch.until(() => watch.states()[node] === 'draining');
  };
  const silent = (node: string): void => watch.poller.heard(1, [{ ...SILENT, node, owed: 3, owedMs: 5000 }]);
  return { nodes, watch, counted, errs, silent };
}

/** Three nodes, of which the first is hung. */
async function hungPool(t: TestContext) {
  const pool = await poolOf(t, 3, {}, { timeout: HUNG_AFTER });
  const [first] = pool.nodes;
  assert.ok(first);
  first.hung = true;
  return { first, ...pool };
}

const SILENT: NodeSigns = { node: '', successes: 0, failures: 0, owed: 0, owedMs: 0, heardMs: -1 };

function told({ transitions }: Watch): readonly string[] {
  return transitions.slice(-1).map(({ node, from, to, reason }) => `${node} ${from} ${to} ${reason}`);
}

describe('a node that answers traffic with errors', () => {
  it('gets nothing new, whatever its polls say, until its time is over', async (t) => {
    const { watch, counted } = await poolOf(t, 3, { ejection: '200ms' });
    counted('CB_1', 4);
    assert.equal(watch.node().state, 'up');
    counted('CB_1', 1);
    await watch.until(() => watch.node().state === 'draining');
    assert.deepEqual(told(watch), ['CB_1 up draining errors']);
    assert.equal(watch.node().ejected, 'errors');
    await watch.until(() => watch.node().state === 'up');
    assert.deepEqual(told(watch), ['CB_1 draining up trial']);
    assert.equal(watch.node().ejected, undefined);
  });

  it('is back at once when an operator says so', async (t) => {
    const { watch, errs } = await poolOf(t, 3);
    await errs('CB_1');
    watch.poller.obey('CB_1', 'ready');
    assert.deepEqual(told(watch), ['CB_1 draining up operator-ready']);
    assert.equal(watch.node().ejected, undefined);
  });

  it('stays in when all do, or it is the only one', async (t) => {
    const { watch, counted } = await poolOf(t, 3);
    const alone = await poolOf(t, 1);
    alone.counted('CB_1', 50);
    for (const node of ['CB_2', 'CB_3', 'CB_1']) counted(node, 50);
    await watch.until(() => Object.values(watch.states()).includes('draining'));
    // The timer that ejected this one was for all of them.
    assert.deepEqual(Object.values(watch.states()).sort(), ['draining', 'up', 'up']);
    assert.equal(alone.watch.node().state, 'up');
  });

  it('is back in time although the clock moves on while it is judged', async (t) => {
    const clock = [1_000];
    t.mock.method(performance, 'now', () => (clock.length > 1 ? clock.shift() : clock[0]));
    const rare = { interval: '1h', fastInterval: '1h' };
    const { watch, counted } = await poolOf(t, 3, { ejection: '200ms' }, rare);
    counted('CB_1', 5);
    clock[0] = 1_600;
    await watch.until(() => watch.node().state === 'draining');
    clock.splice(0, 1, 1_799.5, 1_800.5);
    await watch.until(() => watch.node().state === 'up');
  });

  it('keeps its ejection over a reload, and loses it where outliers are switched off', async (t) => {
    const { watch, errs } = await poolOf(t, 3);
    await errs('CB_1');
    const ports = watch.poller.snapshot().nodes.map(({ port }) => port);
    const reload = async (errors: number): Promise<void> => {
      const prepared = await watch.poller.prepare(poolConfig(ports, { ...FAST, outliers: { errors } }));
      prepared.commit();
    };
    await reload(7);
    assert.equal(watch.node().ejected, 'errors');
    await reload(0);
    assert.deepEqual([watch.node().state, watch.node().ejected], ['up', undefined]);
  });
});

describe('a node that dies', () => {
  it('is not held to have erred when it is back, whatever is told of it late', async (t) => {
    let server = http.createServer((_request, response) => response.end());
    const port = await listen(server, await freePort());
    const others = await Promise.all([1, 2].map(() => new Node().serve(t)));
    const watch = new Watch(t, [port, ...others], FAST);
    await watch.poller.start();
    server.close();
    server.closeAllConnections();
    await watch.until(() => watch.node().state === 'down');
    watch.poller.heard(1, [{ ...SILENT, node: 'CB_1', failures: 50 }]);
    server = http.createServer((_request, response) => response.end());
    await listen(server, port);
    t.after(() => server.close());
    await watch.until(() => watch.node().state === 'up');
    // Its own row would be due before that of another, and the pool can do without one only.
    watch.poller.heard(1, [{ ...SILENT, node: 'CB_2', failures: 5 }]);
    await watch.until(() => Object.values(watch.states()).includes('draining'));
    assert.deepEqual(watch.states(), { CB_1: 'up', CB_2: 'draining', CB_3: 'up' });
  });
});

describe('a node that answers nobody', () => {
  it('is down when it answers no look-up either, and is up again when it does', async (t) => {
    const { first, watch, silent } = await hungPool(t);
    silent('CB_1');
    await watch.until(() => watch.node().state === 'down');
    assert.deepEqual(told(watch), ['CB_1 up down hung']);
    assert.equal(watch.node().ejected, 'hung');
    const polls = watch.polls.length;
    await watch.until(() => watch.polls.slice(polls).filter(({ node }) => node === 'CB_1').length === 3);
    assert.equal(watch.node().state, 'down', 'well at /health, and nowhere else');
    first.hung = false;
    await watch.until(() => watch.node().state === 'up');
    assert.equal(watch.node().ejected, undefined);
  });

  it('stays in when it answers a look-up: whatever it is slow at, it is not hung', async (t) => {
    const { nodes, watch, silent } = await poolOf(t, 3);
    silent('CB_1');
    await watch.until(() => nodes[0]?.lookUps === 1);
    const polls = watch.polls.length;
    await watch.until(() => watch.polls.slice(polls).filter(({ node }) => node === 'CB_1').length === 2);
    assert.deepEqual(watch.states(), { CB_1: 'up', CB_2: 'up', CB_3: 'up' });
  });

  it('is judged although workers go on suspecting it', async (t) => {
    const { watch, silent } = await hungPool(t);
    const nagging = setInterval(() => watch.poller.suspect('CB_1'), 5);
    t.after(() => clearInterval(nagging));
    silent('CB_1');
    await watch.until(() => watch.node().state === 'down');
    assert.deepEqual(told(watch), ['CB_1 up down hung']);
  });

  it('stays in where it would leave fewer than half', async (t) => {
    const { nodes, watch, silent } = await poolOf(t, 3, {}, { timeout: HUNG_AFTER });
    for (const node of nodes) node.hung = true;
    for (const name of ['CB_1', 'CB_2', 'CB_3']) silent(name);
    await watch.until(() => watch.poller.snapshot().nodes.some(({ state }) => state === 'down'));
    await watch.until(() => nodes.every(({ lookUps }) => lookUps > 0));
    const polls = watch.polls.length;
    const inPool = (name: string): boolean => watch.states()[name] === 'up';
    await watch.until(() => watch.polls.slice(polls).filter(({ node }) => inPool(node)).length >= 6);
    assert.deepEqual(Object.values(watch.states()).sort(), ['down', 'up', 'up']);
  });

  it('is taken at its word at /health when an operator says ready', async (t) => {
    const { watch, silent } = await hungPool(t);
    silent('CB_1');
    await watch.until(() => watch.node().state === 'down');
    watch.poller.obey('CB_1', 'ready');
    await watch.until(() => watch.node().state === 'up');
  });
});
