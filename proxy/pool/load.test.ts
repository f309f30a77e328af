import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LoadTable } from './load.ts';
import { aNode } from './testing/nodes.ts';

describe('the load table', () => {
  it('is back at 0 when everything that began has ended', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { maxLength: 100 }), fc.infiniteStream(fc.nat()), (begun, order) => {
        const load = new LoadTable();
        const open = [...begun];
        for (const index of begun) load.begin(index);
        for (let index = 0; index < 10; index++) {
          assert.equal(load.active(index), begun.filter((other) => other === index).length);
        }
        while (open.length > 0) {
          const [index] = open.splice(order.next().value % open.length, 1);
          load.end(index ?? 0);
        }
        for (let index = 0; index < 10; index++) assert.equal(load.active(index), 0);
      }),
    );
  });

  it('counts sessions assigned since the last report', () => {
    const load = new LoadTable();
    const before = aNode(2, { sessions: 5, reportedAt: 1000 });
    assert.equal(load.assigned(before), 0);
    load.assign(before);
    load.assign(before);
    assert.equal(load.assigned(before), 2);
    const after = aNode(2, { sessions: 5, reportedAt: 3000 });
    assert.equal(load.assigned(after), 0, 'the new report has them');
    load.assign(after);
    assert.equal(load.assigned(after), 1);
  });
});
