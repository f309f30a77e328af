/** The faults of this proxy's own processes. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { z } from 'zod';
import { OURS } from './contenders.ts';
import type { RecordedFault, Scene } from './fault.ts';

/** `timeouts.shutdown`: so long the workers of a proxy that is gone may finish what they have. */
export const SHORT_SHUTDOWN_MS = 3_000;

const LOOK_MS = 50;

const statusShape = z.object({
  pid: z.int(),
  workers: z.array(z.object({ pid: z.int(), retiring: z.boolean() })),
  nodes: z.array(z.object({ name: z.string(), operator: z.object({ state: z.string() }) })),
});

const workerKilled: RecordedFault = {
  name: 'worker-killed',
  summary: 'SIGKILL to one of the two workers of the proxy',
  strikes: 'none',
  only: OURS,
  async strike(scene) {
    const [worker] = (await statusOf(scene)).workers;
    if (worker === undefined) throw new Error('the proxy has no worker');
    scene.strikesNow();
    process.kill(worker.pid, 'SIGKILL');
  },
};

const primaryKilled = succession('primary-killed', 'SIGKILL to the primary alone', (_, primary) => {
  process.kill(primary, 'SIGKILL');
});

const upgraded = succession('upgraded', 'SIGUSR2: primary and workers are replaced', ({ contender }) => {
  if (contender.pid !== undefined) process.kill(contender.pid, 'SIGUSR2');
});

const proxyKilled: RecordedFault = {
  name: 'proxy-killed',
  summary: `SIGKILL to the process that was started, which a supervisor starts again at once; shutdown within ${SHORT_SHUTDOWN_MS} ms`,
  strikes: 'none',
  only: OURS,
  settings: (dir) => ({
    stateFile: join(dir, 'state.json'),
    timeouts: { shutdown: `${SHORT_SHUTDOWN_MS}ms` },
  }),
  async strike(scene) {
    await whileDrained(scene, async () => {
      scene.strikesNow();
      const struckAt = Date.now();
      await scene.contender.restart(() => scene.note({ workersGoneMs: Date.now() - struckAt }));
    });
  },
};

/** Another primary takes over. `strike` gets the pid of the one before. */
function succession(name: string, summary: string, strike: (scene: Scene, primary: number) => void): RecordedFault {
  return {
    name,
    summary,
    strikes: 'none',
    only: OURS,
    async strike(scene) {
      await whileDrained(scene, async () => {
        const { pid, workers } = await statusOf(scene);
        const old = new Set([pid, ...workers.map((worker) => worker.pid)]);
        scene.strikesNow();
        strike(scene, pid);
        for (let replaced = false; !replaced; await sleep(LOOK_MS)) {
          // Nobody answers between one primary and the next.
          const now = await statusOf(scene).catch(() => undefined);
          replaced = now !== undefined && [now, ...now.workers].every((one) => isNew(one, old));
        }
      });
    },
  };
}

function isNew({ pid, retiring = false }: { readonly pid: number; readonly retiring?: boolean }, old: Set<number>) {
  return retiring || !old.has(pid);
}

/** One node is draining meanwhile, and notes whether it still is afterwards. */
async function whileDrained(scene: Scene, act: () => Promise<void>): Promise<void> {
  const drained = scene.cluster.nodes[2].name;
  await order(scene, drained, 'drain');
  await act();
  const { nodes } = await statusOf(scene);
  scene.note({ ordersKept: nodes.find(({ name }) => name === drained)?.operator.state === 'draining' });
  await order(scene, drained, 'ready');
}

async function statusOf({ contender }: Scene): Promise<z.infer<typeof statusShape>> {
  const { body } = await request(`http://127.0.0.1:${contender.admin}/status`, { reset: true });
  return statusShape.parse(await body.json());
}

async function order({ contender }: Scene, node: string, what: 'drain' | 'ready'): Promise<void> {
  const url = `http://127.0.0.1:${contender.admin}/nodes/${node}/${what}`;
  const { statusCode, body } = await request(url, { method: 'POST', reset: true });
  if (statusCode !== 200) throw new Error(`${what} ${node}: ${statusCode} ${await body.text()}`);
  await body.dump();
}

export const PROXY_FAULTS: readonly RecordedFault[] = [workerKilled, primaryKilled, upgraded, proxyKilled];
