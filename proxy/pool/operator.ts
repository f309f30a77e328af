/** What an operator's word, a node's health and its conduct make of it together. */
import type { TransitionReason } from './health.ts';
import type { NodeState, OperatorState } from './view.ts';

/**
 * A drained node that is down is down: an operator can only take away from what health allows.
 *
 * @param erring it answers with errors only: it keeps the sessions that it has, which may fare better
 */
export function effectiveState(health: NodeState, operator: OperatorState, erring: boolean): NodeState {
  if (operator === 'maintenance') return 'down';
  return (operator === 'draining' || erring) && health === 'up' ? 'draining' : health;
}

export const OPERATOR_REASONS = {
  ready: 'operator-ready',
  draining: 'operator-draining',
  maintenance: 'operator-maintenance',
} as const satisfies Readonly<Record<OperatorState, TransitionReason>>;
