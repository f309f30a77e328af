/** What an operator's word, a node's health, its conduct and whether it is still listed make of it together. */
import type { TransitionReason } from './health.ts';
import type { NodeState, OperatorState } from './view.ts';

/**
 * A drained node that is down is down: an operator can only take away from what health allows.
 *
 * @param leaving it answers with errors only, or is found no more: it keeps the sessions that it has, which may fare
 * better
 */
export function effectiveState(health: NodeState, operator: OperatorState, leaving: boolean): NodeState {
  if (operator === 'maintenance') return 'down';
  return (operator === 'draining' || leaving) && health === 'up' ? 'draining' : health;
}

export const OPERATOR_REASONS = {
  ready: 'operator-ready',
  draining: 'operator-draining',
  maintenance: 'operator-maintenance',
} as const satisfies Readonly<Record<OperatorState, TransitionReason>>;
