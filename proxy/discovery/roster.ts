/**
 * All nodes there are: those of the configuration, those that are found, and those that are found no more and may still
 * have sessions. Pure, and the same in every proxy that knows the same.
 *
 * Compare Envoy's table of discovery and health: a host that discovery does not list any more is used as long as it is
 * healthy. Here it keeps what is bound to it, and gets nothing new.
 */
import type { DnsSourceConfig } from '../../config/discovery-schema.ts';
import { deepFreeze } from '../../config/frozen.ts';
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import type { PoolNode } from '../pool/pool-node.ts';
import type { Endpoint } from './endpoints.ts';
import { foundNodes } from './found-nodes.ts';

export type RosterConfig = Pick<ProxyConfig, 'nodes' | 'discovery' | 'base' | 'nodeTls'>;

export interface RosterFacts {
  /** As it was loaded; nodes of files have their `source` already. */
  readonly config: RosterConfig;
  readonly endpointsOf: (source: DnsSourceConfig) => readonly Endpoint[];
  /** The nodes there are, without those that may be forgotten. */
  readonly before: readonly PoolNode[];
  /** ms since the epoch. */
  readonly now: number;
}

export interface Roster {
  readonly nodes: readonly PoolNode[];
  /** Why something that was found is no node; one line each. */
  readonly refusals: readonly string[];
}

export function rosterOf({ config, endpointsOf, before, now }: RosterFacts): Roster {
  const nodes: PoolNode[] = [...config.nodes];
  const refusals: string[] = [];
  const { dns, maxNodes } = config.discovery;
  const taken = new Map<string, PoolNode>();
  for (const node of nodes) for (const key of keysOf(node)) taken.set(key, node);
  let found = nodes.filter(({ source }) => source !== undefined).length;
  for (const source of dns) {
    const { nodes: candidates, refusals: refused } = foundNodes(source, endpointsOf(source), config);
    refusals.push(...refused);
    for (const node of candidates) {
      const other = keysOf(node).flatMap((key) => taken.get(key) ?? [])[0];
      if (other !== undefined)
        refusals.push(`${node.name} of ${node.source} has what is ${other.name}'s already: ${sharedBy(node, other)}`);
      else if (found >= maxNodes) refusals.push(`${node.name} of ${node.source} is one more than discovery.maxNodes`);
      else {
        found++;
        nodes.push(node);
        for (const key of keysOf(node)) taken.set(key, node);
      }
    }
  }
  for (const node of before) {
    // What an operator takes out of the configuration itself is gone at once.
    if (node.source === undefined || keysOf(node).some((key) => taken.has(key))) continue;
    nodes.push({ ...node, withdrawn: node.withdrawn ?? now });
  }
  return { nodes: deepFreeze(nodes), refusals };
}

/** What no two nodes may share. */
function keysOf({ name, url, serverUrl }: PoolNode): readonly string[] {
  const keys = [`name ${name}`, `address ${url.authority}`];
  return serverUrl === undefined ? keys : [...keys, `serverUrl ${serverUrl.authority}${serverUrl.prefix}`];
}

function sharedBy(node: PoolNode, other: PoolNode): string {
  const others = keysOf(other);
  return keysOf(node).find((key) => others.includes(key)) ?? '';
}
