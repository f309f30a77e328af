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
      HEALTH.map((health) => effectiveState(health, operator as OperatorState, false)),
      states,
    );
  });
}

test('a node that errs gets nothing new, and can be no better than its health and the operator allow', () => {
  const erring = (operator: OperatorState): readonly NodeState[] =>
    HEALTH.map((health) => effectiveState(health, operator, true));
  assert.deepEqual(erring('ready'), ['unknown', 'draining', 'draining', 'down']);
  assert.deepEqual(erring('draining'), ['unknown', 'draining', 'draining', 'down']);
  assert.deepEqual(erring('maintenance'), ['down', 'down', 'down', 'down']);
});
