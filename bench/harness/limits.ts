/** How many connections the machine lets a contender have. */
import { readFileSync } from 'node:fs';

const UNKNOWN = 1024;
const MOST_CLIENTS = 16_000;
/** Listeners, log files, health polls, connections that are closing. */
const OTHER_FILES = 200;

/** Files that a process may have open (`ulimit -n`), as the processes that are started inherit it. */
export function openFiles(): number {
  try {
    const limit = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
    return limit === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(limit ?? UNKNOWN);
  } catch {
    return UNKNOWN;
  }
}

/** Client connections for which a contender can have node connections as well. */
export function mostClients(): number {
  return Math.min(MOST_CLIENTS, Math.floor((openFiles() - OTHER_FILES) / 2));
}
