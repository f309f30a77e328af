/** From what DNS knows to nodes as the configuration describes one: name, URL, TLS. Pure. */
import { BlockList, isIPv4 } from 'node:net';
import type { DnsSourceConfig } from '../../config/discovery-schema.ts';
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import { nodeName, nodeUrl, serverUrl } from '../../config/scalars.ts';
import { shorten } from '../../config/show.ts';
import type { PoolNode } from '../pool/pool-node.ts';
import { sourceText } from './dns-watch.ts';
import type { Endpoint } from './endpoints.ts';

/**
 * No node is there: this network, link-local (where clouds keep their credentials), multicast and reserved. For each
 * family by itself: a `BlockList` takes an IPv4 address for one of `::ffff:0:0/96` as well.
 */
const NOBODY = {
  ipv4: blockList(['0.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3']),
  ipv6: blockList(['::/128', '::ffff:0:0/96', 'fe80::/10', 'ff00::/8']),
};

export interface FoundNodes {
  readonly nodes: readonly PoolNode[];
  /** Why an endpoint is no node; one line each. */
  readonly refusals: readonly string[];
}

export function foundNodes(
  source: DnsSourceConfig,
  endpoints: readonly Endpoint[],
  { base, nodeTls }: Pick<ProxyConfig, 'base' | 'nodeTls'>,
): FoundNodes {
  const nodes: PoolNode[] = [];
  const refusals: string[] = [];
  const allowed = source.networks && blockList(source.networks);
  for (const endpoint of endpoints) {
    const { address, target } = endpoint;
    const name = nameOf(source, endpoint);
    const ownUrl =
      source.serverUrl === undefined ? undefined : serverUrl.safeParse(source.serverUrl.replaceAll('{name}', name));
    if (isIn(NOBODY[familyOf(address)], address))
      refusals.push(`${name} has the address ${address}, which no node has`);
    else if (allowed && !isIn(allowed, address))
      refusals.push(`${name} has the address ${address}, outside its networks`);
    else if (!nodeName.safeParse(name).success) refusals.push(`${shorten(name)} is no name of a node`);
    else if (ownUrl?.success === false) refusals.push(`${name} cannot be in a serverUrl`);
    else {
      nodes.push({
        name,
        url: nodeUrl.parse(`${source.scheme}://${hostOf(address)}:${endpoint.port}${source.base ?? base}`),
        weight: source.weight,
        source: sourceText(source),
        ...(ownUrl && { serverUrl: ownUrl.data }),
        ...(source.maxConnections !== undefined && { maxConnections: source.maxConnections }),
        // It is connected to by its address; its certificate has its name.
        ...(source.scheme === 'https' && target !== '' && { tls: { serverName: nodeTls?.serverName ?? target } }),
      });
    }
  }
  return { nodes, refusals };
}

/** The same in every proxy, whoever answered: names are the affinity cookie's. */
function nameOf({ type, nodeName: template }: DnsSourceConfig, { target, address, port }: Endpoint): string {
  const [label = ''] = target.split('.');
  return (template ?? (type === 'SRV' ? '{label}' : '{address}'))
    .replaceAll('{label}', label)
    .replaceAll('{target}', target)
    .replaceAll('{address}', address.replace(/[.:]/g, '-'))
    .replaceAll('{port}', String(port));
}

function hostOf(address: string): string {
  return isIPv4(address) ? address : `[${address}]`;
}

function isIn(list: BlockList, address: string): boolean {
  return list.check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = familyOf(address);
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}
