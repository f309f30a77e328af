import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RetryBudget } from './retry-budget.ts';

describe('the retry budget', () => {
  it('never lets through more than its beginning and its share of the requests', () => {
    const events = fc.array(fc.constantFrom('request', 'retry'), { maxLength: 500 });
    fc.assert(
      fc.property(events, fc.nat(100), fc.nat(20), (sequence, percent, most) => {
        const budget = new RetryBudget(percent, most);
        let requests = 0;
        let retries = 0;
        for (const event of sequence) {
          if (event === 'request') {
            requests++;
            budget.earn();
          } else if (budget.spend()) retries++;
          assert.ok(retries <= most + (requests * percent) / 100 + 1e-6);
        }
      }),
    );
  });

  it('earns again what it has spent', () => {
    const budget = new RetryBudget(20, 1);
    assert.equal(budget.spend(), true);
    assert.equal(budget.spend(), false);
    for (let n = 0; n < 6; n++) budget.earn();
    assert.equal(budget.spend(), true);
  });
});
