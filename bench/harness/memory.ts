/** Resident memory of a process and all its descendants, from `/proc/<pid>/status` (Linux, proc(5)). */
import { readFileSync } from 'node:fs';
import { familyPids } from './cpu.ts';

const SAMPLE_MS = 50;

/** In bytes, or undefined where there is no `/proc`. Pages that processes share count for each. */
export function residentBytes(root: number): number | undefined {
  const pids = familyPids(root);
  return pids && sum(pids);
}

/** The most resident memory while it runs. Processes that start meanwhile are not seen. */
export class PeakMemory {
  readonly #pids: readonly number[];
  readonly #timer: NodeJS.Timeout;
  #peak = 0;

  constructor(root: number) {
    this.#pids = familyPids(root) ?? [];
    this.#look();
    this.#timer = setInterval(() => this.#look(), SAMPLE_MS);
  }

  /** In bytes. Undefined where there is no `/proc`. */
  stop(): number | undefined {
    clearInterval(this.#timer);
    this.#look();
    return this.#peak === 0 ? undefined : this.#peak;
  }

  #look(): void {
    this.#peak = Math.max(this.#peak, sum(this.#pids));
  }
}

const sum = (pids: readonly number[]): number => pids.reduce((bytes, pid) => bytes + residentOf(pid), 0);

function residentOf(pid: number): number {
  try {
    return parseResident(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return 0; // It has ended.
  }
}

/** Bytes, of a text that says KiB and calls them kB. A process that is ending has none. */
export function parseResident(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
