/**
 * A `preStop` hook of Kubernetes, run beside a bundled node: has it drain, and ends with 0 when it is empty.
 *
 *     node drain-until-empty.js PID [CONFIG]
 *
 * A hook that outlives its container is told to the operator as failed, and so is one whose node came to its
 * `drain.deadline` with sessions left: that one should be.
 */
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from '../load.ts';
import { type NodeConfig, nodeSchema } from '../node-schema.ts';

const LOOK_INTERVAL_MS = 100;
/**
 * Of the half second that the node takes after its last session, in which clients between two polls hear of the end.
 */
const FAREWELL_MS = 300;
/** How much earlier than the node's notice the hook ends. */
const AHEAD_MS = 500;

const [, , pid = '', file] = process.argv;
const loaded = loadConfig(nodeSchema, { file, environment: process.env, prefix: 'COBROWSE_NODE_' });
if (!loaded.ok || !/^[1-9]\d*$/.test(pid)) {
  process.stderr.write('expected the pid of a node, and the configuration that it has\n');
  process.exit(2);
}
process.kill(Number(pid), 'SIGTERM');
await emptied(loaded.config);

/** Resolves when no session is left and the notice is nearly over, or when the node has ended. */
async function emptied({ port, base, drain }: NodeConfig): Promise<void> {
  const noticed = performance.now() + drain.notice - AHEAD_MS;
  let left = await liveSessions(port, base);
  while (left > 0 || (left === 0 && performance.now() < noticed)) {
    await sleep(LOOK_INTERVAL_MS);
    const before = left;
    left = await liveSessions(port, base);
    if (before > 0 && left === 0) await sleep(FAREWELL_MS);
  }
}

/**
 * -1 when the node has ended. Each time on a connection of its own: of one that the node closes meanwhile `fetch` may
 * never tell, and this process, with nothing left to wait for, would end with an error.
 */
function liveSessions(port: number, base: string): Promise<number> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: `${base}/health`, agent: false }, (response) => {
      response.resume();
      resolve(Number(response.headers['x-cobrowse-live-sessions'] ?? 0));
    });
    request.once('error', () => resolve(-1));
  });
}
