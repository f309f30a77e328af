/** One contender under one fault: healthy for a while, struck, healed, and everything that was seen meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Contender, type Running, start } from '../harness/contender.ts';
import { Cluster } from './cluster.ts';
import type { Fault, Scene } from './faults.ts';
import type { ChannelEvent } from './load/channel.ts';
import { Load, type LoadOptions } from './load/load.ts';
import type { Sample } from './load/open-loop.ts';
import type { Arrival } from './protocol.ts';

export type TrialOptions = LoadOptions & {
  readonly beforeMs: number;
  readonly faultMs: number;
  readonly recoveryMs: number;
};

/** Raw material of the figures. Times are Date.now(). */
export type Trial = {
  readonly contender: string;
  readonly fault: Fault;
  readonly victim: string;
  readonly struckAt: number;
  /** When healing began, and when what was struck worked again. */
  readonly healingAt: number;
  readonly backAt: number;
  readonly samples: readonly Sample[];
  readonly events: readonly ChannelEvent[];
  readonly arrivals: readonly Arrival[];
};

/** Longer than any trial, so that no poll ends by itself. */
const HOLD_MS = 30_000;
const START_ATTEMPTS = 3;

export async function runTrial(contender: Contender, fault: Fault, options: TrialOptions): Promise<Trial> {
  const cluster = await Cluster.open(HOLD_MS);
  let load: Load | undefined;
  try {
    const running = await startOnFreePorts(contender, cluster);
    load = new Load(
      running.target.port,
      cluster.nodes.map(({ name }) => name),
      options,
    );
    await load.start();
    await sleep(options.beforeMs);
    const times = await inflict(fault, { cluster, contender: running }, options.faultMs);
    await sleep(options.recoveryMs);
    await load.stop();
    await running.stop();
    const { samples, events } = load;
    const { name: victim } = cluster.victim;
    return { contender: contender.name, fault, victim, ...times, samples, events, arrivals: cluster.arrivals() };
  } finally {
    await cluster.close();
    await load?.stop();
  }
}

/** Any connection on the machine may take a port between its choice and the contender's bind. */
async function startOnFreePorts(contender: Contender, cluster: Cluster): Promise<Running> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(contender, cluster);
    } catch (error) {
      if (attempt === START_ATTEMPTS || !/already in use/i.test(String(error))) throw error;
    }
  }
}

/** Strikes, lets the fault last, and heals. */
async function inflict(
  fault: Fault,
  scene: Scene,
  lastsMs: number,
): Promise<Pick<Trial, 'struckAt' | 'healingAt' | 'backAt'>> {
  const struckAt = Date.now();
  await fault.strike(scene);
  const inForceAt = Date.now();
  await sleep(Math.max(0, struckAt + lastsMs - inForceAt));
  if (fault.heal === undefined) return { struckAt, healingAt: inForceAt, backAt: inForceAt };
  const healingAt = Date.now();
  await fault.heal(scene);
  return { struckAt, healingAt, backAt: Date.now() };
}
