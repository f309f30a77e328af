/** What an operator's word and a node's health make of it together. */
import type { TransitionReason } from './health.ts';
import type { NodeState, OperatorState } from './view.ts';

/** A drained node that is down is down: an operator can only take away from what health allows. */
export function effectiveState(health: NodeState, operator: OperatorState): NodeState {
  if (operator === 'maintenance') return 'down';
  return operator === 'draining' && health === 'up' ? 'draining' : health;
}

export const OPERATOR_REASONS = {
  ready: 'operator-ready',
  draining: 'operator-draining',
  maintenance: 'operator-maintenance',
} as const satisfies Readonly<Record<OperatorState, TransitionReason>>;
