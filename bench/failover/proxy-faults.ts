/** The faults of this proxy's own processes. */
import { join } from 'node:path';
import { request } from 'undici';
import { z } from 'zod';
import { OURS } from './contenders.ts';
import type { RecordedFault, Scene } from './fault.ts';

/** `timeouts.shutdown`: so long the workers of a primary that is gone may finish what they have. */
export const SHORT_SHUTDOWN_MS = 3_000;

const statusShape = z.object({
  workers: z.array(z.object({ pid: z.int() })),
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

const primaryKilled: RecordedFault = {
  name: 'primary-killed',
  summary: `SIGKILL to the primary alone, which a supervisor starts again at once; shutdown within ${SHORT_SHUTDOWN_MS} ms`,
  strikes: 'none',
  only: OURS,
  settings: (dir) => ({
    stateFile: join(dir, 'state.json'),
    timeouts: { shutdown: `${SHORT_SHUTDOWN_MS}ms` },
  }),
  async strike(scene) {
    const drained = scene.cluster.nodes[2].name;
    await order(scene, drained, 'drain');
    scene.strikesNow();
    const struckAt = Date.now();
    await scene.contender.restart(() => scene.note({ workersGoneMs: Date.now() - struckAt }));
    const { nodes } = await statusOf(scene);
    scene.note({ ordersKept: nodes.find(({ name }) => name === drained)?.operator.state === 'draining' });
    await order(scene, drained, 'ready');
  },
};

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

export const PROXY_FAULTS: readonly RecordedFault[] = [workerKilled, primaryKilled];
