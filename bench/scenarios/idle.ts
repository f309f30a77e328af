import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { z } from 'zod';
import { BASE } from '../backend-facts.ts';
import type { Running } from '../harness/contender.ts';
import { hold } from '../harness/load.ts';
import { residentBytes } from '../harness/memory.ts';
import { proveRouting } from '../harness/prove.ts';
import { proveTunnel } from '../harness/prove-tunnel.ts';
import type { Place } from '../harness/site.ts';
import { boundHeads, withCpu } from './requests.ts';
import type { Drive, Metric, Sample, Scenario } from './scenario.ts';
import { UPGRADES } from './websocket.ts';

type Kind = 'tunnels' | 'polls';

const METRICS: readonly Metric[] = [
  { key: 'memory', title: 'resident memory, bytes per connection', digits: 0 },
  { key: 'cpu', title: 'CPU while idle, % of a core', digits: 2 },
];
/**
 * Until what starting, and then opening the connections, has left behind is collected: V8 does so when a process has
 * been quiet for some ten seconds, in several steps.
 */
const SETTLE_MS = 30_000;
/** CPU time counts in ticks of 10 ms: so many times the length of a round, for a tenth of a percent. */
const LONGER = 3;
/** Fewer than any contender's queue of connections to accept. */
const TOGETHER = 64;
const ARRIVAL_PATIENCE_MS = 30_000;
const LOOK_MS = 50;

const POLL = '[{"channel":"/meta/connect","connectionType":"long-polling","clientId":"1"}]';
const POLLS = boundHeads(
  'POST',
  '/cometd/connect',
  `Content-Type: application/json\r\nContent-Length: ${POLL.length}\r\n`,
).map((head) => head + POLL);

const countsShape = z.object({ polls: z.int(), tunnels: z.int() });

const held = (name: string, kind: Kind, what: string, prove: Scenario['prove']): Scenario => ({
  name,
  summary: `${what} open and nothing sent, each contender just started`,
  metrics: METRICS,
  fresh: true,
  mostRounds: 2,
  prove,
  measure: (contender, drive) => measure(contender, drive, kind),
});

export const idleTunnels = held('idle-tunnels', 'tunnels', 'WebSocket tunnels', (target) => proveTunnel(target, 100));
export const heldPolls = held('held-polls', 'polls', 'long polls', proveRouting);

/** Nothing of the node itself. */
async function measure({ target, pid }: Running, drive: Drive, kind: Kind): Promise<Sample> {
  if (pid === undefined) return {};
  const { place, idle: connections } = drive;
  await sleep(SETTLE_MS);
  const before = residentBytes(pid);
  const tunnels = kind === 'tunnels';
  const requests = tunnels ? UPGRADES : POLLS;
  const child = await hold({ port: target.port, requests, tunnels, connections, together: TOGETHER }, place.pinning);
  const disturbed = child.exited.then((how): never => {
    throw child.failure(`${target.name}: ${how} while ${kind} were held`);
  });
  try {
    return await Promise.race([disturbed, observe(pid, before, drive, kind)]);
  } finally {
    await child.stop();
  }
}

async function observe(pid: number, before: number | undefined, drive: Drive, kind: Kind): Promise<Sample> {
  const { place, idle: connections, seconds } = drive;
  await arrival(place, kind, connections);
  await sleep(SETTLE_MS);
  const after = residentBytes(pid);
  const window = seconds * LONGER;
  const { cpu } = await withCpu(pid, () => sleep(window * 1_000));
  // At the end as well: a contender that has given up some of them shows no merit.
  await arrival(place, kind, connections);
  return {
    memory: before === undefined || after === undefined ? undefined : (after - before) / connections,
    cpu: cpu === undefined ? undefined : (cpu / (window * 1e6)) * 100,
  };
}

/** Resolves when the nodes have so many of them. */
async function arrival({ nodes }: Place, kind: Kind, connections: number): Promise<void> {
  const deadline = performance.now() + ARRIVAL_PATIENCE_MS;
  for (;;) {
    const { body } = await request(`http://127.0.0.1:${nodes[0]?.port}${BASE}/held`, { reset: true });
    const count = countsShape.parse(await body.json())[kind];
    if (count === connections) return;
    if (performance.now() > deadline) throw new Error(`${count} of ${connections} ${kind} are at the nodes`);
    await sleep(LOOK_MS);
  }
}
