/** Whether memory and open files stay flat: medians of two windows, after what is warming up. */
import { spreadOf } from '../harness/statistics.ts';

export type ProcessSample = {
  readonly pid: number;
  readonly role: 'anchor' | 'primary' | 'worker';
  readonly residentBytes: number;
  readonly descriptors: number;
};
/** `at`: ms since the epoch. */
export type Sample = { readonly at: number; readonly processes: readonly ProcessSample[] };

export type Growth = {
  readonly of: string;
  readonly before: number;
  readonly after: number;
  readonly allowed: number;
  readonly flat: boolean;
};

const MIB = 1024 * 1024;
/** The collector lets a heap grow by about that before it tidies up. */
const MEMORY_NOISE = { share: 0.2, bytes: 24 * MIB };
/** Faults, retiring workers and a busy machine have their share; what is never closed shows at rest as well. */
const DESCRIPTOR_NOISE = { share: 0.3, count: 60 };
/** A process that lived for a smaller part of the time, or a shorter one, is warming up all the while. */
const LONG_LIVED = { share: 0.4, ms: 90_000 };

/** Second against last quarter of the life of each process that lived long. */
export function memoryGrowth(samples: readonly Sample[]): Growth[] {
  const lives = new Map<string, { readonly from: number; until: number; readonly values: number[] }>();
  for (const { at, processes } of samples) {
    for (const { pid, role, residentBytes } of processes) {
      const name = `${role} ${pid}`;
      const life = lives.get(name) ?? { from: at, until: at, values: [] };
      lives.set(name, life);
      life.until = at;
      life.values.push(residentBytes);
    }
  }
  const long = Math.max(LONG_LIVED.ms, LONG_LIVED.share * ((samples.at(-1)?.at ?? 0) - (samples[0]?.at ?? 0)));
  return [...lives]
    .filter(([, { from, until }]) => until - from >= long)
    .map(([of, { values }]) => growthOf(of, values, MEMORY_NOISE.share, MEMORY_NOISE.bytes));
}

/** Of all processes together: which worker has how many is chance. */
export function descriptorGrowth(samples: readonly Sample[]): Growth {
  const totals = samples.map(({ processes }) => processes.reduce((sum, { descriptors }) => sum + descriptors, 0));
  return growthOf('all processes', totals, DESCRIPTOR_NOISE.share, DESCRIPTOR_NOISE.count);
}

function growthOf(of: string, values: readonly number[], share: number, least: number): Growth {
  const quarter = (from: number): number => {
    const window = values.slice(Math.floor(values.length * from), Math.ceil(values.length * (from + 0.25)));
    return spreadOf(window)?.median ?? 0;
  };
  const [before, after] = [quarter(0.25), quarter(0.75)];
  const allowed = before + Math.max(before * share, least);
  return { of, before, after, allowed, flat: after <= allowed };
}
