/** Whether the proxy should get traffic, and if not, why. */
import { type PoolSnapshot, takesNewSessions } from '../pool/view.ts';

/**
 * - `shutting_down`: finishes what it has.
 * - `no_worker`: nothing accepts connections yet, or any more.
 * - `no_node`: no node can take a new session.
 */
export type Readiness =
  | { readonly ready: true }
  | { readonly ready: false; readonly reason: 'shutting_down' | 'no_worker' | 'no_node' };

export interface ReadinessFacts {
  readonly shuttingDown: boolean;
  readonly listeningWorkers: number;
  readonly pool: PoolSnapshot;
}

export function readinessOf({ shuttingDown, listeningWorkers, pool }: ReadinessFacts): Readiness {
  if (shuttingDown) return { ready: false, reason: 'shutting_down' };
  if (listeningWorkers === 0) return { ready: false, reason: 'no_worker' };
  if (!pool.nodes.some(takesNewSessions)) return { ready: false, reason: 'no_node' };
  return { ready: true };
}
