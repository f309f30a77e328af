import { setTimeout as sleep } from 'node:timers/promises';
import { ANSWER_BYTES } from '../backend-facts.ts';
import { acceptedByProcess } from '../harness/connections.ts';
import type { Running } from '../harness/contender.ts';
import { familyPids } from '../harness/cpu.ts';
import { hold } from '../harness/load.ts';
import { proveRouting } from '../harness/prove.ts';
import { proveTunnel } from '../harness/prove-tunnel.ts';
import { haveCpus, type Place } from '../harness/site.ts';
import { boundRequests, measureRequests } from './requests.ts';
import type { Drive, Metric, Sample, Scenario } from './scenario.ts';
import { UPGRADES } from './websocket.ts';

const MOST = 2;

/** Tunnels that are opened while there is nothing else to do. */
const OPENINGS = [
  { key: 'once64', connections: 64, together: 64 },
  { key: 'once256', connections: 256, together: 256 },
  { key: 'once1000', connections: 1_000, together: 1_000 },
  { key: 'each256', connections: 256, together: 1 },
] as const;

const atBusier = (key: string, what: string): Metric => ({
  key,
  title: `${what}, at the busier worker, %`,
  digits: 0,
  absolute: true,
});

const METRICS: readonly Metric[] = [
  { key: 'rate', title: 'requests per second', digits: 0 },
  { key: 'cpu', title: 'CPU, µs per request', digits: 1 },
  atBusier('load', 'connections of the load'),
  ...OPENINGS.map(({ key, connections, together }) =>
    atBusier(key, `of ${connections} tunnels opened ${together === 1 ? 'one by one' : 'at once'}`),
  ),
];

export const workers: Scenario = {
  name: 'workers',
  summary: `GET with sticky cookie, ${ANSWER_BYTES} bytes of JSON, keep-alive, by one and by ${MOST} workers or threads`,
  caveat: tooFewCpus,
  metrics: METRICS,
  workers: [1, MOST],
  async prove(target) {
    await proveRouting(target);
    await proveTunnel(target, 100);
  },
  measure,
};

function tooFewCpus({ pinning }: Place): string | undefined {
  if (haveCpus(pinning, MOST)) return undefined;
  return (
    `too few CPUs, or no taskset: ${MOST} workers need one each, and one for the load. ` +
    'Requests per second say nothing of workers here; CPU per request and the spread of connections do.'
  );
}

async function measure(contender: Running, drive: Drive): Promise<Sample> {
  const half = sleep((drive.seconds * 1_000) / 2).then(() => busierShare(contender));
  const { cpu, rate } = await measureRequests(contender, drive, boundRequests());
  const shares: Record<string, number | undefined> = {};
  for (const opening of OPENINGS) shares[opening.key] = await shareOf(opening, contender, drive.place);
  return { cpu, rate, load: await half, ...shares };
}

async function shareOf(
  opening: (typeof OPENINGS)[number],
  contender: Running,
  place: Place,
): Promise<number | undefined> {
  if (contender.target.single === undefined) return undefined;
  const { connections, together } = opening;
  const load = { port: contender.target.port, requests: UPGRADES, tunnels: true, connections, together };
  const child = await hold(load, place.pinning);
  const share = busierShare(contender);
  await child.stop();
  return share;
}

/** Of all connections, in percent; undefined for one worker, and for threads, which share theirs. */
function busierShare({ target, pid }: Running): number | undefined {
  if (pid === undefined || target.single === undefined || (familyPids(pid)?.length ?? 0) < MOST) return undefined;
  const counts = acceptedByProcess(pid, target.port);
  if (counts === undefined || counts.length === 0) return undefined;
  return (Math.max(...counts) / counts.reduce((sum, count) => sum + count)) * 100;
}
