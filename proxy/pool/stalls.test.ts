import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { StallDetector } from './stalls.ts';

function suspects(stalls: StallDetector, now: number): readonly number[] {
  const found: number[] = [];
  stalls.check(now, (index) => found.push(index));
  return found;
}

describe('a stalled node', () => {
  it('is one that owes an answer and has given none for 150 ms', () => {
    const stalls = new StallDetector();
    stalls.sent(3, 1000);
    assert.deepEqual(suspects(stalls, 1150), []);
    assert.deepEqual(suspects(stalls, 1151), [3]);
    assert.equal(stalls.isStalled(3), true);
    assert.equal(stalls.any, true);
  });

  it('is asked about again every half second, not at every check', () => {
    const stalls = new StallDetector();
    stalls.sent(0, 0);
    assert.deepEqual(suspects(stalls, 300), [0]);
    assert.deepEqual(suspects(stalls, 400), []);
    assert.deepEqual(suspects(stalls, 800), [0]);
  });

  it('is well again with its first answer', () => {
    const stalls = new StallDetector();
    stalls.sent(0, 0);
    stalls.sent(0, 0);
    suspects(stalls, 300);
    stalls.answered(0, 310, 310);
    assert.equal(stalls.isStalled(0), false);
    assert.deepEqual(suspects(stalls, 450), []);
  });

  it('is none that answers others meanwhile: one slow request is no stall', () => {
    const stalls = new StallDetector();
    stalls.sent(0, 0);
    for (let now = 100; now <= 10_000; now += 100) {
      stalls.sent(0, now - 50);
      stalls.answered(0, now, 50);
      assert.deepEqual(suspects(stalls, now), []);
    }
  });

  it('is judged by its own latency: a slow node has more time', () => {
    const stalls = new StallDetector();
    for (let n = 0; n < 100; n++) {
      stalls.sent(0, n * 400);
      stalls.answered(0, n * 400 + 400, 400);
    }
    stalls.sent(0, 50_000);
    assert.deepEqual(suspects(stalls, 51_000), []);
    assert.deepEqual(suspects(stalls, 51_700), [0]);
  });

  it('is still one when who waited has gone elsewhere, for two seconds, unless it answers', () => {
    const stalls = new StallDetector();
    stalls.sent(0, 0);
    suspects(stalls, 900);
    stalls.gaveUp(0, 1000, 1000);
    suspects(stalls, 1100);
    assert.equal(stalls.isStalled(0), true);
    assert.deepEqual(stalls.debt(0, 1100), { owed: 1, owedMs: 1100, heardMs: -1 });
    stalls.sent(0, 1200);
    assert.deepEqual(stalls.debt(0, 1300), { owed: 2, owedMs: 1300, heardMs: -1 });
    stalls.gaveUp(0, 1310, 110);
    assert.equal(stalls.debt(0, 1310).owed, 1, 'who leaves after 110 ms proves nothing');
    suspects(stalls, 3001);
    assert.equal(stalls.isStalled(0), false);
    assert.deepEqual(stalls.debt(0, 3001), { owed: 0, owedMs: 0, heardMs: -1 });
  });

  it('is still one while its tunnels carry something, and yet is heard from', () => {
    const stalls = new StallDetector();
    stalls.sent(0, 0);
    suspects(stalls, 500);
    stalls.alive(0, 600);
    assert.equal(stalls.isStalled(0), true);
    assert.deepEqual(stalls.debt(0, 700), { owed: 1, owedMs: 700, heardMs: 100 });
  });

  it('is none any more when anything comes from it', () => {
    const stalls = new StallDetector();
    stalls.sent(0, 0);
    suspects(stalls, 500);
    stalls.heard(0, 600);
    assert.equal(stalls.isStalled(0), false);
    assert.deepEqual(stalls.debt(0, 700), { owed: 1, owedMs: 100, heardMs: 100 });
  });

  it('is none that owes nothing, whatever happened before', () => {
    const step = fc.record({ index: fc.nat(3), answers: fc.boolean(), after: fc.nat(400) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const stalls = new StallDetector();
        let now = 0;
        for (const { index, answers, after } of steps) {
          stalls.sent(index, now);
          now += after;
          suspects(stalls, now);
          if (answers) stalls.answered(index, now, after);
          else stalls.gaveUp(index, now, after);
        }
        assert.deepEqual(suspects(stalls, now + 10_000), []);
        assert.equal(stalls.any, false);
      }),
    );
  });
});
