/** How many connections each process of a contender has accepted on its port (Linux, proc(5)). */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { familyPids } from './cpu.ts';

const ESTABLISHED = '01';

/**
 * Of `root` and its descendants, those with none left out; undefined where there is no `/proc`. IPv4 only. A connection
 * that nobody has accepted yet counts for nobody.
 */
export function acceptedByProcess(root: number, port: number): number[] | undefined {
  const pids = familyPids(root);
  if (pids === undefined) return undefined;
  const sockets = socketsAt(readFileSync('/proc/net/tcp', 'latin1'), port);
  const counts = pids.map((pid) => socketsOf(pid).filter((inode) => sockets.has(inode)).length);
  return counts.filter((count) => count > 0);
}

/** The inodes of established connections whose local port it is. */
export function socketsAt(table: string, port: number): ReadonlySet<string> {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const [, ...lines] = table.trimEnd().split('\n');
  const rows = lines.map((line) => line.trim().split(/ +/));
  const own = rows.filter(([, address, , state]) => address?.endsWith(local) && state === ESTABLISHED);
  return new Set(own.map((row) => row[9] ?? ''));
}

function socketsOf(pid: number): string[] {
  try {
    const dir = `/proc/${pid}/fd`;
    return readdirSync(dir).flatMap((fd) => /^socket:\[(\d+)\]$/.exec(linkOf(`${dir}/${fd}`))?.[1] ?? []);
  } catch {
    return []; // The process has ended.
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // It was closed since the directory was read.
  }
}
