/** The cluster of `npm start` with its demo, on ports of its own. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { elsewhere, LocalCluster } from '../../../config/testing/local-cluster.ts';

const NAMES = ['CB_Server_1', 'CB_Server_2', 'CB_Server_3'];
/** A free port may be taken by another test before the cluster has it. */
const ATTEMPTS = 3;

export interface Demo {
  /** As printed. */
  readonly customer: string;
  readonly agent: string;
  /** By name; undefined for a node that there is not. */
  nodePid(name: string): number | undefined;
  stop(): Promise<void>;
}

export async function startDemo(): Promise<Demo> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await launch();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

async function launch(): Promise<Demo> {
  const cluster = new LocalCluster({
    ...(await elsewhere(NAMES)),
    // A node that is killed counts as lost at once.
    COBROWSE_PROXY_AFFINITY_RECONNECT_GRACE: '1s',
    COBROWSE_PROXY_LOG_LEVEL: 'fatal',
  });
  const [, customer] = await cluster.until(/^ {2}(\S+\/demo\/customer)\n/m);
  const [, agent] = await cluster.until(/^ {2}(\S+\/demo\/agent)\n/m);
  assert.ok(customer !== undefined && agent !== undefined);
  return {
    customer,
    agent,
    nodePid: (name) => {
      const pid = new RegExp(`^  ${name} .*pid (\\d+)`, 'm').exec(cluster.output)?.[1];
      return pid === undefined ? undefined : Number(pid);
    },
    async stop() {
      const exited = once(cluster.process, 'exit');
      cluster.process.kill('SIGTERM');
      await exited;
    },
  };
}
