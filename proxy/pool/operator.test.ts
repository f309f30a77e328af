import assert from 'node:assert/strict';
import test from 'node:test';
import { effectiveState } from './operator.ts';
import type { NodeState, OperatorState } from './view.ts';

const HEALTH: readonly NodeState[] = ['unknown', 'up', 'draining', 'down'];

for (const [operator, states] of Object.entries({
  ready: ['unknown', 'up', 'draining', 'down'],
  draining: ['unknown', 'draining', 'draining', 'down'],
  maintenance: ['down', 'down', 'down', 'down'],
} satisfies Record<OperatorState, readonly NodeState[]>)) {
  test(`an operator who says ${operator}: ${HEALTH.join(', ')} becomes ${states.join(', ')}`, () => {
    assert.deepEqual(
      HEALTH.map((health) => effectiveState(health, operator as OperatorState)),
      states,
    );
  });
}
