/** An address that can be made a black hole, in a network namespace where nothing else on the machine notices. */
import { execFileSync, spawnSync } from 'node:child_process';
import { findBinary } from '../harness/process.ts';

/** Of TEST-NET-1 (RFC 5737 §3), since packets to 127.0.0.0/8 never leave the loopback device. */
export const HOLE_HOST = '192.0.2.1';

/**
 * While loopback has the address it works; without it packets go to `hole` and, since nobody asks there for link-layer
 * addresses, past whoever is at its other end. No error tells of it, not even to connections that are open.
 */
const SET_UP = `
  link set lo up
  link add hole arp off type veth peer name drain
  link set drain up
  link set hole up
  address add 192.0.2.2/24 dev hole
  address add ${HOLE_HOST}/32 dev lo
`;

/** Of processes as well: all of them end with the first. Who is not root needs one of users, and keeps his id in it. */
const UNSHARE = [
  ...(process.getuid?.() === 0 ? [] : ['--map-current-user', '--keep-caps']),
  '--net',
  '--pid',
  '--fork',
  '--kill-child',
];

/** What runs a command in a namespace of its own. */
export const inNamespace = (...command: string[]): string[] => [
  findBinary('unshare') ?? 'unshare',
  ...UNSHARE,
  ...command,
];

const ip = (): string => findBinary('ip') ?? 'ip';

/** Why there can be none on this machine, or undefined when there can. */
export function missingHole(): string | undefined {
  const missing = ['unshare', 'ip'].find((name) => findBinary(name) === undefined);
  if (missing !== undefined) return `no ${missing} on the PATH`;
  const [file = '', ...args] = inNamespace(ip(), '-batch', '-');
  const { status, stderr } = spawnSync(file, args, { input: SET_UP, encoding: 'utf8' });
  return status === 0 ? undefined : `no network namespace with a black hole: ${stderr.trim()}`;
}

/** In a namespace without network. */
export function setUpNetwork(): void {
  execFileSync(ip(), ['-batch', '-'], { input: SET_UP, stdio: ['pipe', 'ignore', 'inherit'] });
}

export async function openHole(): Promise<void> {
  execFileSync(ip(), ['address', 'del', `${HOLE_HOST}/32`, 'dev', 'lo']);
}

export async function closeHole(): Promise<void> {
  execFileSync(ip(), ['address', 'add', `${HOLE_HOST}/32`, 'dev', 'lo']);
}
