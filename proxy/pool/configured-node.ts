/** A node as its configuration has it, before anything is known of it. */
import type { PoolNode } from './pool-node.ts';
import type { NodeSnapshot } from './view.ts';

type Standing = Pick<NodeSnapshot, 'index' | 'state' | 'operator' | 'since'>;

export function configuredNode(config: PoolNode, standing: Standing): NodeSnapshot {
  return Object.freeze({
    ...standing,
    name: config.name,
    ...config.url,
    ...settingsOf(config),
    instanceId: undefined,
    instanceSince: 0,
    sessions: undefined,
    capacity: undefined,
    reportedAt: 0,
  });
}

/** What a reload may change of a node that stays the same. */
export function settingsOf({
  serverUrl,
  weight,
  maxConnections,
  source,
  withdrawn,
}: PoolNode): Pick<NodeSnapshot, 'serverUrl' | 'weight' | 'maxConnections' | 'source' | 'withdrawn'> {
  return { serverUrl, weight, maxConnections, source, withdrawn };
}
