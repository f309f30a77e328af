/** A node for tests. */
import type { NodeSnapshot } from '../../pool/view.ts';

export function nodeSnapshot(differences: Partial<NodeSnapshot> = {}): NodeSnapshot {
  return {
    index: 0,
    name: 'a',
    host: '10.0.0.1',
    port: 8701,
    authority: '10.0.0.1:8701',
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
    ...differences,
  };
}
