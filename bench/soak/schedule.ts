/** Which fault strikes when, all from a seed: the same seed, duration and nodes give the same schedule. */
import { Random } from './random.ts';

export const NODE_FAULTS = ['killed', 'hung', 'refusing', 'drain', 'maintenance', 'removed'] as const;
/** They put other workers in the place of those that there are. */
export const REPLACING_FAULTS = ['worker-killed', 'primary-killed', 'renewed', 'listeners'] as const;
export const RELOAD_FAULTS = ['weights', 'timeouts'] as const;
export type NodeFault = (typeof NODE_FAULTS)[number];
export type ProxyFault = (typeof REPLACING_FAULTS)[number] | (typeof RELOAD_FAULTS)[number];

export type PlannedFault =
  | { readonly fault: NodeFault; readonly node: string; readonly atMs: number; readonly lastsMs: number }
  /** `value`: what a reload makes of it. */
  | { readonly fault: ProxyFault; readonly value: number; readonly atMs: number; readonly lastsMs: 0 };

export type ScheduleOptions = {
  readonly seed: number;
  readonly durationMs: number;
  readonly nodes: readonly string[];
};

/** Shorter than `affinity.reconnectGrace`, so that a node which was only away has its sessions still. */
const LASTS_MS = { min: 500, max: 6_000 };
const APART_MS = { min: 500, max: 4_000 };
const CALM_AT_START = 0.05;
const CALM_AT_END = 0.05;
/** After that part of the time workers live to its end, so that their memory can be compared. */
const REPLACED_UNTIL = 0.45;

/** Faults follow each other: one node is struck at a time, so that there is always one that is well. */
export function makeSchedule({ seed, durationMs, nodes }: ScheduleOptions): PlannedFault[] {
  const random = new Random(seed);
  const schedule: PlannedFault[] = [];
  const end = durationMs * (1 - CALM_AT_END);
  let atMs = Math.round(durationMs * CALM_AT_START);
  while (atMs < end) {
    const replaces = atMs < durationMs * REPLACED_UNTIL ? REPLACING_FAULTS : [];
    const fault = random.pick([...NODE_FAULTS, ...replaces, ...RELOAD_FAULTS]);
    const node = random.pick(nodes);
    const lastsMs = random.between(LASTS_MS.min, LASTS_MS.max);
    const value = random.between(1, 16);
    const isNodeFault = NODE_FAULTS.some((one) => one === fault);
    schedule.push(
      isNodeFault
        ? { fault: fault as NodeFault, node, atMs, lastsMs }
        : { fault: fault as ProxyFault, value, atMs, lastsMs: 0 },
    );
    atMs += (isNodeFault ? lastsMs : 0) + random.between(APART_MS.min, APART_MS.max);
  }
  return schedule;
}
