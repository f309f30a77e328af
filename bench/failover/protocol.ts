/** What the failover nodes, the load on them and the measurement agree upon. */
import { BASE } from '../backend-facts.ts';
import type { NodeArguments as CommonArguments } from '../harness/node-process.ts';

/** Names one request end to end: what the load sent under it, a node's record shows where it went. */
export const ID_HEADER = 'x-bench-id';
/** The `name/instance` that a bound client's session lives on. A node refuses what is not its own, and records it. */
export const OWNER_HEADER = 'x-bench-owner';

export const PATHS = {
  get: `${BASE}/answer`,
  create: `${BASE}/rest/live/sessions`,
  health: `${BASE}/health`,
  poll: `${BASE}/cometd/connect`,
  socket: `${BASE}/cometd/socket`,
} as const;

/**
 * How a node behaves, by the order `mode/<mode>`. `deaf`: well at /health, silent elsewhere. `refusing`: no listener,
 * every connection closed.
 */
export const MODES = ['ok', 'slow', 'resetting', 'errors', 'deaf', 'refusing'] as const;
export type Mode = (typeof MODES)[number];

export type NodeArguments = CommonArguments & {
  readonly host: string;
  /** How long a poll is held, ms. */
  readonly holdMs: number;
};

/** Whose a request is: bound to this node or to none, to an earlier instance of it, or to another node. */
const WHOSE = ['own', 'earlier', 'foreign'] as const;
export type Whose = (typeof WHOSE)[number];

/** A request that arrived at a node. */
export type Arrival = { readonly id: string; readonly node: string; readonly whose: Whose };

/** `wanted`: the `name/instance` in the request, if any. */
export function whoseIs(wanted: string | undefined, name: string, owner: string): Whose {
  if (wanted === undefined || wanted === owner) return 'own';
  return wanted.startsWith(`${name}/`) ? 'earlier' : 'foreign';
}

export const formatArrival = (id: string, whose: Whose): string => `${id} ${whose}\n`;

export function parseArrivals(node: string, text: string): Arrival[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [id = '', word] = line.split(' ');
      return { id, node, whose: WHOSE.find((one) => one === word) ?? 'own' };
    });
}
