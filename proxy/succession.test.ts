/** Whoever of the proxy's processes dies or is replaced, clients do not notice. Known by the wire alone. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Status } from './control/status.ts';
import { configFile } from './control/testing/proxy-process.ts';
import { startHoldingNode } from './testing/holding-node.ts';
import { ask } from './testing/http-client.ts';
import { startProxyFrom } from './testing/running-proxy.ts';
import { openTunnel } from './testing/tunnel.ts';
import { until } from './testing/until.ts';

/**
 * Between two requests: more of them would prove nothing more, and take the processor from those who are waited for.
 */
const PACE_MS = 10;

/** Requests one after the other, each on a connection of its own, until `stop`. */
class Load {
  readonly failures: string[] = [];
  answered = 0;
  #stopped = false;
  #running: Promise<void>;

  constructor(port: number) {
    this.#running = this.#run(port);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(port: number): Promise<void> {
    while (!this.#stopped) {
      try {
        const { status } = await ask(port, { path: '/cobrowse/x' });
        if (status === 200) this.answered++;
        else this.failures.push(String(status));
      } catch (error) {
        this.failures.push(String(error));
      }
      await sleep(PACE_MS);
    }
  }
}

async function setUp(t: TestContext, { workers = 1 } = {}) {
  const node = await startHoldingNode(t, 'a');
  const configuration = {
    listeners: [{ port: 0 }],
    admin: { port: 0 },
    workers,
    health: { interval: '1h' },
    nodes: [{ name: 'a', url: node.url }],
  };
  const file = await configFile(t, configuration);
  const running = await startProxyFrom(t, file);
  const load = new Load(running.port);
  t.after(() => load.stop());
  const tunnel = await openTunnel(t, running.port);
  const poll = ask(running.port, { method: 'POST', path: '/cobrowse/cometd' });
  // Where it is to end well, that is awaited.
  poll.catch(() => {});
  await until(
    async () => node.held.length,
    (held) => held === 1,
  );
  return {
    ...running,
    node,
    load,
    poll,
    tunnel,
    before: await running.status(),
    /** The primary's, while it is not there as well. */
    eventually: (holds: (status: Status) => boolean): Promise<Status | undefined> =>
      until(
        () => running.status().catch(() => undefined),
        (status) => status !== undefined && holds(status),
      ),
    write: async (other: object): Promise<void> => {
      await writeFile(`${file}.new`, JSON.stringify({ ...configuration, ...other }));
      await rename(`${file}.new`, file);
    },
    /** What was open goes on, nothing has failed, and the load is answered now. */
    unnoticed: async (): Promise<void> => {
      const { answered } = load;
      await until(
        async () => load.answered + load.failures.length,
        (now) => now > answered,
      );
      await load.stop();
      assert.deepEqual(load.failures, []);
      tunnel.send('still here.');
      await tunnel.until('still here.');
      node.held[0]?.end('released');
      assert.equal((await poll).body, 'released');
      tunnel.close();
    },
  };
}

const allNew =
  (before: Status) =>
  ({ pid, workers }: Status): boolean =>
    pid !== before.pid &&
    workers.some(({ retiring }) => !retiring) &&
    workers.every(({ pid: worker, retiring }) => retiring || before.workers.every((old) => old.pid !== worker));

describe('one process after the other', () => {
  it('SIGUSR2: primary and workers are new, what operators said holds, and nobody notices', async (t) => {
    const { proxy, admin, before, eventually, unnoticed } = await setUp(t, { workers: 2 });
    assert.equal((await ask(admin, { method: 'POST', path: '/nodes/a/drain' })).status, 200);
    proxy.child.kill('SIGUSR2');
    const after = await eventually(allNew(before));
    assert.equal(after?.nodes[0]?.operator.state, 'draining');
    assert.equal((await ask(admin, { method: 'POST', path: '/nodes/a/ready' })).status, 200);
    await unnoticed();
    assert.equal(proxy.child.exitCode, null);
    proxy.child.kill('SIGTERM');
    assert.equal(await proxy.exited, 0, proxy.stderr);
  });

  it('a primary that is killed is replaced, and nobody notices', async (t) => {
    const { proxy, before, eventually, unnoticed } = await setUp(t);
    process.kill(before.pid, 'SIGKILL');
    await proxy.says(/the primary died and is replaced/);
    await eventually(allNew(before));
    await unnoticed();
    proxy.child.kill('SIGTERM');
    assert.equal(await proxy.exited, 0, proxy.stderr);
  });

  it('while the only worker is dead, new connections wait for the next one', async (t) => {
    const { proxy, load, before } = await setUp(t);
    const [worker] = before.workers;
    assert.ok(worker);
    process.kill(worker.pid, 'SIGKILL');
    await proxy.says(/a worker died and is replaced/);
    const answered = load.answered + load.failures.length;
    await until(
      async () => load.answered + load.failures.length,
      (now) => now > answered + 1,
    );
    await load.stop();
    // The one that it had at the time, at most.
    assert.ok(load.failures.length <= 1, load.failures.join());
  });

  for (const which of ['listener', 'admin'] as const) {
    it(`an upgrade that cannot begin, since its ${which} port is taken, changes nothing`, async (t) => {
      const { proxy, before, status, write, unnoticed } = await setUp(t);
      const taken = createServer().listen(0, '127.0.0.1');
      t.after(() => taken.close());
      await once(taken, 'listening');
      const address = { host: '127.0.0.1', port: (taken.address() as AddressInfo).port };
      await write(which === 'admin' ? { admin: address } : { listeners: [address] });
      proxy.child.kill('SIGUSR2');
      await proxy.says(/the upgrade failed as it began, all stays as it is/);
      const { pid, workers } = await status();
      assert.equal(pid, before.pid);
      const pids = workers.filter(({ retiring }) => !retiring).map((worker) => worker.pid);
      // The change of the file itself may have another worker on trial at this moment.
      assert.ok(before.workers.every((worker) => pids.includes(worker.pid)));
      await unnoticed();
    });
  }

  it('stopped in the middle of it, it lets its workers finish', async (t) => {
    const { proxy, port, before, load, node, poll, tunnel } = await setUp(t);
    await load.stop();
    process.kill(before.pid, 'SIGKILL');
    proxy.child.kill('SIGTERM');
    tunnel.close();
    node.held[0]?.end('released');
    assert.equal((await poll).body, 'released');
    await proxy.exited;
    await assert.rejects(openTunnel(t, port));
  });
});
