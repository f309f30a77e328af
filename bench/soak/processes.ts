/** Memory and open files of processes, from `/proc` (Linux, proc(5)). */
import { readdirSync, readFileSync } from 'node:fs';
import type { ProcessSample } from './flat.ts';

/** Undefined for a process that has ended. */
export function lookAt(pid: number, role: ProcessSample['role']): ProcessSample | undefined {
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    if (kib === undefined) return undefined;
    return { pid, role, residentBytes: Number(kib) * 1024, descriptors: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return undefined;
  }
}
