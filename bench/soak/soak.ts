/** The whole soak: nodes, proxy, load, faults by their schedule, the end, and what it all comes to. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ScratchDir } from '../harness/scratch-dir.ts';
import { type Incident, inflict } from './faults.ts';
import type { Sample } from './flat.ts';
import { Load } from './load/load.ts';
import type { Tally } from './load/tally.ts';
import type { NodeRecord } from './protocol.ts';
import { type ProxyStatus, SoakProxy, WORKERS } from './proxy.ts';
import { Random } from './random.ts';
import { makeSchedule, type PlannedFault } from './schedule.ts';
import { SoakNode } from './soak-node.ts';

export type SoakOptions = {
  readonly seed: number;
  readonly durationMs: number;
  readonly scale: number;
  /** Faults to inflict; unset: as the seed has it. */
  readonly schedule?: readonly PlannedFault[];
  /** One line for whoever watches. */
  readonly say: (line: string) => void;
};

/** Raw material of the verdict. */
export type Soaked = {
  readonly seed: number;
  readonly durationMs: number;
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly incidents: readonly Incident[];
  readonly tally: Pick<Tally, 'ok' | 'failures'>;
  readonly records: readonly NodeRecord[];
  readonly samples: readonly Sample[];
  /** Without load: before it and after it. */
  readonly idle: { readonly before: Sample; readonly after: Sample };
  readonly atEnd: ProxyStatus;
};

const NODE_NAMES = ['CB_Server_1', 'CB_Server_2', 'CB_Server_3', 'CB_Server_4'] as const;
const SAMPLE_EVERY_MS = 1_000;
/** From the last answer until everything has to be gone, connections to nodes that are kept for a while included. */
const SETTLE_MS = 60_000;
const LOOK_MS = 250;

/** Leaves nothing behind. Rejects when the proxy or a node does not start, or does not come back from a fault. */
export async function soak(options: SoakOptions): Promise<Soaked> {
  const dir = new ScratchDir();
  const nodes = NODE_NAMES.map((name) => new SoakNode(name, dir.path));
  try {
    await Promise.all(nodes.map((node) => node.start()));
    const proxy = await SoakProxy.start(dir.path, nodes);
    const soaked = await soakRunning(proxy, nodes, options);
    await proxy.stop();
    return { ...soaked, records: nodes.flatMap((node) => node.records()) };
  } finally {
    dir.close();
  }
}

async function soakRunning(
  proxy: SoakProxy,
  nodes: readonly SoakNode[],
  { seed, durationMs, scale, schedule, say }: SoakOptions,
): Promise<Omit<Soaked, 'records'>> {
  const before = await sampleOf(proxy);
  const load = new Load(proxy.port, new Random(seed), scale);
  const samples: Sample[] = [];
  const over = new AbortController();
  const startedAt = Date.now();
  load.start();
  const watching = watch(proxy, samples, over.signal);
  // It is heard of when the faults are over; until then a rejection that nobody handles would end the process.
  watching.catch(() => {});
  const planned = schedule ?? makeSchedule({ seed, durationMs, nodes: NODE_NAMES });
  let incidents: Incident[];
  try {
    incidents = await strike(proxy, nodes, { planned, startedAt, durationMs, say });
  } finally {
    over.abort();
    await load.stop();
    await watching;
  }
  const atEnd = await settle(proxy);
  return {
    seed,
    durationMs,
    startedAt,
    incidents,
    tally: load.tally,
    samples,
    idle: { before, after: await sampleOf(proxy) },
    atEnd,
  };
}

type Strikes = Pick<SoakOptions, 'durationMs' | 'say'> &
  Pick<Soaked, 'startedAt'> & { readonly planned: readonly PlannedFault[] };

/** Fault after fault, each at its time or, when the one before took longer, as soon as that is over. */
async function strike(
  proxy: SoakProxy,
  nodes: readonly SoakNode[],
  { planned, startedAt, durationMs, say }: Strikes,
): Promise<Incident[]> {
  const incidents: Incident[] = [];
  for (const fault of planned) {
    await sleep(Math.max(0, startedAt + fault.atMs - Date.now()));
    if (Date.now() - startedAt >= durationMs) break;
    const incident = await inflict(fault, proxy, nodes);
    incidents.push(incident);
    const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
    const of = incident.node === '' ? '' : ` ${incident.node}`;
    say(
      `${seconds(incident.from - startedAt)} s: ${fault.fault}${of}, well after ${seconds(incident.until - incident.from)} s`,
    );
  }
  await sleep(Math.max(0, startedAt + durationMs - Date.now()));
  return incidents;
}

async function sampleOf(proxy: SoakProxy): Promise<Sample> {
  return { at: Date.now(), processes: await proxy.processes() };
}

async function watch(proxy: SoakProxy, samples: Sample[], over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    samples.push(await sampleOf(proxy));
    await sleep(SAMPLE_EVERY_MS, undefined, { signal: over }).catch(() => {});
  }
}

/** Resolves with the status when all has come to rest, or with what it is when it does not. */
async function settle(proxy: SoakProxy): Promise<ProxyStatus> {
  const deadline = Date.now() + SETTLE_MS;
  for (;;) {
    const status = await proxy.status();
    if (isAtRest(status) || Date.now() > deadline) return status;
    await sleep(LOOK_MS);
  }
}

export function isAtRest({ traffic, workers, nodes }: ProxyStatus): boolean {
  const { inFlight, tunnels, clientConnections } = traffic;
  const connections = nodes.reduce((sum, node) => sum + node.connections, 0);
  return inFlight + tunnels + clientConnections + connections === 0 && workers.length === WORKERS;
}
