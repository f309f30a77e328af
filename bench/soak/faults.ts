/** How each fault strikes and is undone. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SoakProxy } from './proxy.ts';
import type { NodeFault, PlannedFault, ProxyFault } from './schedule.ts';
import type { SoakNode } from './soak-node.ts';

/** A fault as it happened: from just before it struck until all was well again, ms since the epoch. */
export type Incident = {
  readonly fault: PlannedFault['fault'];
  /** '' for one of the proxy. */
  readonly node: string;
  readonly from: number;
  readonly until: number;
};

type NodeScene = { readonly node: SoakNode; readonly proxy: SoakProxy };
type Blow = {
  readonly strike: (scene: NodeScene) => Promise<void>;
  readonly heal: (scene: NodeScene) => Promise<void>;
};

const ON_NODES: Readonly<Record<NodeFault, Blow>> = {
  killed: { strike: ({ node }) => node.kill(), heal: ({ node }) => node.start() },
  hung: { strike: async ({ node }) => node.freeze(), heal: async ({ node }) => node.thaw() },
  refusing: { strike: ({ node }) => node.refuse(), heal: ({ node }) => node.accept() },
  drain: {
    strike: ({ node, proxy }) => proxy.order(node.name, 'drain'),
    heal: ({ node, proxy }) => proxy.order(node.name, 'ready'),
  },
  maintenance: {
    strike: ({ node, proxy }) => proxy.order(node.name, 'maintenance'),
    heal: ({ node, proxy }) => proxy.order(node.name, 'ready'),
  },
  removed: {
    strike: ({ node, proxy }) => proxy.reload({ without: node.name }),
    heal: ({ proxy }) => proxy.reload({ without: undefined }),
  },
};

const ON_PROXY: Readonly<Record<ProxyFault, (proxy: SoakProxy, value: number) => Promise<void>>> = {
  'worker-killed': (proxy, value) => proxy.killWorker(value),
  'primary-killed': (proxy) => proxy.killPrimary(),
  renewed: (proxy) => proxy.renew(),
  listeners: (proxy, value) => proxy.reload({ secondListener: value % 2 === 0 }),
  weights: (proxy, value) => proxy.reload({ weights: [value, 1, 2] }),
  timeouts: (proxy, value) => proxy.reload({ answerMinutes: 4 + value }),
};

/** Resolves when it is over and the proxy has found all nodes well again; to be called at its time. */
export async function inflict(planned: PlannedFault, proxy: SoakProxy, nodes: readonly SoakNode[]): Promise<Incident> {
  const from = Date.now();
  const { fault } = planned;
  if (!('node' in planned)) {
    await ON_PROXY[planned.fault](proxy, planned.value);
    return { fault, node: '', from, until: Date.now() };
  }
  const node = nodes.find(({ name }) => name === planned.node);
  if (node === undefined) throw new Error(`no node ${planned.node}`);
  const { strike, heal } = ON_NODES[planned.fault];
  await strike({ node, proxy });
  await sleep(Math.max(0, from + planned.lastsMs - Date.now()));
  await heal({ node, proxy });
  await proxy.until(`${node.name} after ${fault}`, (status) => {
    return status.nodes.length === nodes.length && status.nodes.every(({ state }) => state === 'up');
  });
  return { fault, node: node.name, from, until: Date.now() };
}
