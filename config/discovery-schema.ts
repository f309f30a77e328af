/** Where nodes are found that are not written into the configuration itself; see `DISCOVERY.md`. */
import { z } from 'zod';
import { isHost } from './addresses.ts';
import { addressesHavePort, nodeNameTells, serverUrlTells, ttlsInOrder } from './discovery-contradictions.ts';
import type { DeepReadonly } from './frozen.ts';
import { duration, fileName, matching, network, path } from './scalars.ts';
import { nameServer } from './server-address.ts';
import { DAY, HOUR, MINUTE, SECOND } from './values.ts';

const dnsSource = z
  .strictObject({
    name: matching(
      'a name such as _http._tcp.nodes.example.com',
      /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9_])?\.?$/,
    )
      .refine((name) => isHost(name.replace(/\.$/, '')), 'expected a name such as _http._tcp.nodes.example.com')
      .describe(
        'what is asked for; without a dot at its end, and without `servers`, also below the search list of the system',
      ),
    type: z.enum(['SRV', 'A', 'AAAA']).default('SRV').describe('SRV says the port of each node as well'),
    port: z.int().min(1).max(65_535).optional().describe('of nodes found by A or AAAA'),
    servers: z
      .array(nameServer)
      .min(1)
      .max(8)
      .optional()
      .describe('name servers, asked in this order; absent: those of `/etc/resolv.conf`'),
    timeout: duration(50, MINUTE).prefault('2s').describe('for an answer of one server'),
    minTtl: duration(100, HOUR).prefault('1s').describe('asked again after this at the earliest, whatever the TTL'),
    maxTtl: duration(SECOND, DAY).prefault('5m').describe('asked again after this at the latest, whatever the TTL'),
    nodeName: matching(
      'letters, digits, dots, underscores, dashes and {label}, {target}, {address} or {port}',
      /^(?:[A-Za-z0-9._-]|\{(?:label|target|address|port)\}){1,128}$/,
    )
      .optional()
      .describe(
        'what a node is called: `{label}` is the first label of the target of its SRV record, `{target}` all of it, `{address}` its address with dashes; absent: `{label}` for SRV, else `{address}`',
      ),
    scheme: z.enum(['http', 'https']).default('http').describe('how nodes are spoken to; for https see `nodeTls`'),
    base: path('/cobrowse')
      .optional()
      .describe('root of the web application on the node; absent: as the option `base` of the proxy'),
    serverUrl: matching(
      'a URL with {name} in it such as https://{name}.example.com/cobrowse',
      /^https?:\/\/[^\s\\?#@]+$/i,
    )
      .optional()
      .describe("the node's own public URL, with `{name}` for its name"),
    weight: z
      .int()
      .min(1)
      .max(256)
      .default(1)
      .describe('of each node; weights and priorities of SRV records are ignored'),
    maxConnections: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe('connections that all workers together open to each node; absent: as many as it takes'),
    networks: z
      .array(network)
      .min(1)
      .max(256)
      .optional()
      .describe('addresses that nodes may have, others are refused; absent: any but link-local and multicast ones'),
  })
  .superRefine(addressesHavePort)
  .superRefine(ttlsInOrder)
  .superRefine(nodeNameTells)
  .superRefine(serverUrlTells);

export const discovery = z.strictObject({
  dns: z.array(dnsSource).max(16).default([]).describe('nodes that name servers know of'),
  files: z
    .array(fileName)
    .max(64)
    .default([])
    .describe('files with a list as `nodes` is one, in YAML or JSON; relative to this one'),
  directories: z
    .array(fileName)
    .max(16)
    .default([])
    .describe('directories whose `*.yaml`, `*.yml` and `*.json` are such files; relative to this file'),
  maxNodes: z
    .int()
    .min(1)
    .max(1024)
    .default(256)
    .describe('nodes that may be found; an answer that makes it more is refused'),
  forget: duration(0, DAY)
    .prefault('5m')
    .describe(
      'how long a node that is found no more, and does not answer, is remembered: its sessions are told that they are lost',
    ),
});

export type DiscoveryConfig = DeepReadonly<z.output<typeof discovery>>;
export type DnsSourceConfig = DiscoveryConfig['dns'][number];
