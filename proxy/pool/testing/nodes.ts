/** Nodes and views for tests: a node that is up, plus what the test is about. */
import { type NodeSnapshot, PoolView } from '../view.ts';

export function aNode(index: number, about: Partial<NodeSnapshot> = {}): NodeSnapshot {
  return {
    index,
    name: `CB_${index + 1}`,
    scheme: 'http',
    host: '127.0.0.1',
    port: 8701 + index,
    authority: `127.0.0.1:${8701 + index}`,
    base: '/cobrowse',
    serverUrl: undefined,
    weight: 1,
    state: 'up',
    operator: 'ready',
    since: 0,
    instanceId: undefined,
    instanceSince: 0,
    sessions: undefined,
    capacity: undefined,
    reportedAt: 0,
    ...about,
  };
}

export function aView(...nodes: readonly NodeSnapshot[]): PoolView {
  return new PoolView({ version: 1, nodes });
}
