/** One contender under one fault: healthy for a while, struck, healed, and everything that was seen meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Contender, start } from '../harness/contender.ts';
import type { Place } from '../harness/site.ts';
import { BundledCluster } from './bundled-cluster.ts';
import { Cluster } from './cluster.ts';
import type { Acts, Fault, Findings, Scene } from './fault.ts';
import type { ChannelEvent } from './load/channel.ts';
import { BUNDLED_NODES, type Kit, Load, type LoadOptions, RECORDING_NODES } from './load/load.ts';
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
  /** '' when no node of its own is struck. */
  readonly victim: string;
  readonly struckAt: number;
  /** When healing began, and when what was struck worked again. */
  readonly healingAt: number;
  readonly backAt: number;
  readonly samples: readonly Sample[];
  readonly events: readonly ChannelEvent[];
  /** None where the nodes keep no records. */
  readonly arrivals: readonly Arrival[];
  readonly findings: Findings;
};

/** Longer than a trial of the default length: in it no poll ends by itself. */
const HOLD_MS = 30_000;

/** A fault with a `victimHost` only where that host is. */
export async function runTrial(contender: Contender, fault: Fault, options: TrialOptions): Promise<Trial> {
  if (fault.nodes === 'bundled') {
    const cluster = await BundledCluster.choose();
    const seen = await play(fault, cluster, contender, options, BUNDLED_NODES);
    return { contender: contender.name, fault, victim: '', ...seen };
  }
  const cluster = new Cluster(HOLD_MS, fault);
  const seen = await play(fault, cluster, contender, options, RECORDING_NODES);
  return { contender: contender.name, fault, victim: cluster.victim.name, ...seen };
}

type Stage = Place & {
  readonly start: () => Promise<void>;
  readonly arrivals: () => Arrival[];
  readonly close: () => Promise<void>;
};
type Times = Pick<Trial, 'struckAt' | 'healingAt' | 'backAt'>;
type Seen = Times & Pick<Trial, 'samples' | 'events' | 'arrivals' | 'findings'>;

async function play<Nodes extends Stage>(
  acts: Acts<Nodes>,
  cluster: Nodes,
  contender: Contender,
  options: TrialOptions,
  kit: Kit,
): Promise<Seen> {
  let load: Load | undefined;
  let findings: Findings = {};
  const note = (more: Findings): void => {
    findings = { ...findings, ...more };
  };
  try {
    await cluster.start();
    const running = await start(contender, cluster);
    const names = cluster.nodes.map(({ name }) => name);
    load = new Load(running.target.port, names, options, kit);
    await load.start();
    await sleep(options.beforeMs);
    const times = await inflict(acts, { cluster, contender: running, note }, options.faultMs);
    await sleep(options.recoveryMs);
    await load.stop();
    await running.stop();
    const { samples, events } = load;
    return { ...times, samples, events, arrivals: cluster.arrivals(), findings };
  } finally {
    await cluster.close();
    await load?.stop();
  }
}

/** Strikes, lets the fault last, and heals. */
async function inflict<Nodes>(
  acts: Acts<Nodes>,
  scene: Omit<Scene<Nodes>, 'strikesNow'>,
  lastsMs: number,
): Promise<Times> {
  let struckAt = Date.now();
  const strikesNow = (): void => {
    struckAt = Date.now();
  };
  const whole = { ...scene, strikesNow };
  await acts.strike(whole);
  const inForceAt = Date.now();
  await sleep(Math.max(0, struckAt + lastsMs - inForceAt));
  if (acts.heal === undefined) return { struckAt, healingAt: inForceAt, backAt: inForceAt };
  const healingAt = Date.now();
  await acts.heal(whole);
  return { struckAt, healingAt, backAt: Date.now() };
}
