/** A real data plane on a port of its own, inside the test's process, with the pool in the test's hands. */
import { type ProxyConfig, proxySchema } from '../../config/proxy-schema.ts';
import type { ExchangeRecord } from '../observe/record.ts';
import { newAliasKey, SessionAliases } from '../observe/session-alias.ts';
import { WorkerStats } from '../observe/stats.ts';
import type { NodeSigns } from '../pool/signs.ts';
import type { NodeSnapshot, PoolSnapshot } from '../pool/view.ts';
import type { ListenersTls, NodeTlsFiles } from '../tls/listener-tls.ts';
import { newTicketSecret } from '../tls/ticket-keys.ts';
import { DataPlane, type DataPlaneHooks } from '../traffic/data-plane.ts';
import type { Spending } from '../traffic/request-rates.ts';

export interface TestNode {
  readonly name: string;
  readonly port: number;
  readonly base?: string;
  /** With TLS to it, on these terms. */
  readonly tls?: object;
  readonly serverUrl?: string;
  readonly maxConnections?: number;
}

export interface TestPlane {
  readonly port: number;
  /** Of all listeners; the first is `port`. */
  readonly ports: readonly number[];
  readonly plane: DataPlane;
  readonly stats: WorkerStats;
  /** Every finished exchange, oldest first. */
  readonly records: readonly ExchangeRecord[];
  /** Those that may name a session. */
  readonly timeline: readonly ExchangeRecord[];
  /** Those with a tunnel, as they were when it opened. */
  readonly opened: readonly ExchangeRecord[];
  readonly aliases: SessionAliases;
  readonly refusedNodes: readonly string[];
  readonly suspectedNodes: readonly string[];
  /** All that was told of the nodes. */
  readonly signs: readonly NodeSigns[];
  /** All that other workers would have been told of clients' rates. */
  readonly spending: readonly Spending[];
  readonly config: ProxyConfig;
  /** Resolves with the next exchange that finishes and passes the test, looking back at all that have. */
  recorded(test?: (record: ExchangeRecord) => boolean): Promise<ExchangeRecord>;
  /** Failures of TLS handshakes, oldest first. */
  readonly handshakes: readonly { readonly reason: string; readonly code: string; readonly peer: string }[];
  /** Takes another configuration in place; without `nodes`, of the same ones. */
  reconfigure(options: object, nodes?: readonly TestNode[], tls?: ListenersTls, nodeFiles?: NodeTlsFiles): void;
  /** Changes what routing sees of one node. */
  change(name: string, change: Partial<NodeSnapshot>): void;
  close(): Promise<void>;
}

export interface PlaneTls {
  readonly listeners: ListenersTls;
  readonly nodeFiles?: NodeTlsFiles;
  /** Absent: one of its own. */
  readonly ticketSecret?: string;
}

/** `options`: configuration as an operator would write it, without `nodes`. All nodes are up. */
export async function startPlane(
  nodes: readonly TestNode[],
  options: object = {},
  { listeners, nodeFiles = {}, ticketSecret = newTicketSecret() }: PlaneTls = { listeners: [] },
): Promise<TestPlane> {
  const config = configFor(nodes, options);
  const stats = new WorkerStats(config.nodes.map((node) => node.name));
  const records: ExchangeRecord[] = [];
  const timeline: ExchangeRecord[] = [];
  const opened: ExchangeRecord[] = [];
  const aliases = new SessionAliases(newAliasKey());
  const refusedNodes: string[] = [];
  const suspectedNodes: string[] = [];
  const signs: NodeSigns[] = [];
  const spending: Spending[] = [];
  const handshakes: { reason: string; code: string; peer: string }[] = [];
  const waiting = new Set<() => void>();
  let material = { listeners, nodeFiles, ticketSecret };
  let pool: PoolSnapshot = { version: 1, nodes: config.nodes.map(upNode) };
  const hooks: DataPlaneHooks = {
    stats,
    accessLog: {
      write(record) {
        records.push(record);
        for (const wake of [...waiting]) wake();
      },
    },
    timeline: { write: (record) => timeline.push(record), opened: (record) => opened.push({ ...record }) },
    aliasOf: (token) => aliases.of(token),
    onNodeRefused: (node) => refusedNodes.push(node),
    onNodeSuspect: (node) => suspectedNodes.push(node),
    onSigns: (told) => signs.push(...told),
    onSpending: (told) => spending.push(...told),
    onHandshakeFailed: (reason, code, peer) => handshakes.push({ reason, code, peer }),
  };
  const plane = new DataPlane(config, pool, hooks, material);
  const ports = (await plane.listen()).map(({ port }) => port);
  return {
    port: ports[0] ?? 0,
    ports,
    plane,
    stats,
    records,
    timeline,
    opened,
    aliases,
    refusedNodes,
    suspectedNodes,
    signs,
    spending,
    handshakes,
    config,
    recorded: (test = () => true) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = records.find(test);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    reconfigure(changed, others = nodes, tls = material.listeners, files = material.nodeFiles) {
      const next = configFor(others, changed);
      pool = { version: pool.version + 1, nodes: next.nodes.map(upNode) };
      material = { ...material, listeners: tls, nodeFiles: files };
      plane.reconfigure(next, pool, material);
    },
    change(name, change) {
      pool = {
        version: pool.version + 1,
        nodes: pool.nodes.map((node) => (node.name === name ? { ...node, ...change } : node)),
      };
      plane.publish(pool);
    },
    close: () => plane.shutdown(0),
  };
}

interface Patience {
  readonly affinity?: { readonly lookup?: object };
  readonly timeouts?: object;
}

/** On a busy machine the test's process may be stopped for longer than a data plane waits for a node by default. */
function configFor(nodes: readonly TestNode[], options: Patience): ProxyConfig {
  const { affinity, timeouts } = options;
  return proxySchema.parse({
    listeners: [{ port: 0 }],
    admin: { port: 0 },
    base: '/',
    ...options,
    affinity: { ...affinity, lookup: { timeout: '1m', ...affinity?.lookup } },
    timeouts: { connect: '1m', ...timeouts },
    nodes: nodes.map(({ name, port, base = '/', tls, serverUrl, maxConnections }) => ({
      name,
      url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}${base}`,
      ...(tls !== undefined && { tls }),
      ...(serverUrl !== undefined && { serverUrl }),
      ...(maxConnections !== undefined && { maxConnections }),
    })),
  });
}

function upNode(node: ProxyConfig['nodes'][number], index: number): NodeSnapshot {
  return {
    index,
    name: node.name,
    ...node.url,
    serverUrl: node.serverUrl,
    weight: node.weight,
    maxConnections: node.maxConnections,
    state: 'up',
    operator: 'ready',
    since: Date.now(),
    instanceId: undefined,
    instanceSince: 0,
    sessions: undefined,
    capacity: undefined,
    reportedAt: 0,
  };
}
