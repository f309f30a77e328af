/**
 * CPU time of a process and all its descendants, from `/proc/<pid>/stat` (Linux, proc(5)). User and system time, in
 * microseconds; the kernel counts in clock ticks, usually of 10 ms, so a window should be a second or longer.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export type ProcessStat = {
  readonly pid: number;
  readonly parent: number;
  /** Clock ticks in user and system mode, children that have ended and been waited for included. */
  readonly ticks: number;
};

/**
 * Reads one line of `/proc/<pid>/stat`. The command may hold spaces and brackets, so fields count from its last `)`.
 */
export function parseStat(line: string): ProcessStat {
  const afterCommand = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(afterCommand[number - 3]);
  return { pid: Number.parseInt(line, 10), parent: field(4), ticks: field(14) + field(15) + field(16) + field(17) };
}

/** The processes in `all` that are `root` or descend from it. */
export function familyOf(root: number, all: readonly ProcessStat[]): ProcessStat[] {
  const family = all.filter((stat) => stat.pid === root);
  for (const member of family) {
    // The array grows while it is walked: every generation finds the next one.
    family.push(...all.filter((stat) => stat.parent === member.pid && stat.pid !== root));
  }
  return family;
}

/** CPU time so far of `root` and its descendants, in microseconds, or undefined where there is no `/proc`. */
export function cpuMicros(root: number): number | undefined {
  const all = allProcesses();
  if (all === undefined) return undefined;
  const ticks = familyOf(root, all).reduce((sum, stat) => sum + stat.ticks, 0);
  return (ticks * 1_000_000) / ticksPerSecond();
}

/** The processes that are `root` or descend from it, or undefined where there is no `/proc`. */
export function familyPids(root: number): number[] | undefined {
  const all = allProcesses();
  return all && familyOf(root, all).map(({ pid }) => pid);
}

function allProcesses(): ProcessStat[] | undefined {
  let entries: string[];
  try {
    entries = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  } catch {
    return undefined;
  }
  return entries.flatMap((pid) => {
    try {
      return [parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))];
    } catch {
      return []; // It ended since the directory was read.
    }
  });
}

let ticks: number | undefined;

function ticksPerSecond(): number {
  ticks ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return ticks;
}
