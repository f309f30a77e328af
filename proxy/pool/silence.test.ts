import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { NodeSigns } from './signs.ts';
import { Silence } from './silence.ts';

const PATIENCE = 1500;

function owing(owed: number, owedMs: number, heardMs = -1): NodeSigns {
  return { node: 'a', successes: 0, failures: 0, owed, owedMs, heardMs };
}

describe('a node is asked', () => {
  it('when a request has had no answer for the time', () => {
    const silence = new Silence();
    silence.said(1, owing(1, 1400), 10_000);
    assert.equal(silence.toBeAsked('a', PATIENCE, 10_000), 0);
    assert.equal(silence.toBeAsked('a', PATIENCE, 10_100), 1500);
  });

  it('when any worker has waited for so long', () => {
    const silence = new Silence();
    silence.said(1, owing(2, 1600), 0);
    silence.said(2, owing(1, 100), 0);
    assert.equal(silence.toBeAsked('a', PATIENCE, 0), 1600);
  });

  it('not when it owes nothing, however long it has said nothing', () => {
    const silence = new Silence();
    silence.said(1, owing(0, 0, 20_000), 0);
    assert.equal(silence.toBeAsked('a', PATIENCE, 0), 0);
  });

  it('not while any worker hears from it', () => {
    const silence = new Silence();
    silence.said(1, owing(9, 20_000), 0);
    silence.said(2, owing(0, 0, 400), 0);
    assert.equal(silence.toBeAsked('a', PATIENCE, 0), 0);
    silence.said(1, owing(9, 21_000), 1000);
    assert.equal(silence.toBeAsked('a', PATIENCE, 1000), 0);
    silence.said(1, owing(9, 21_200), 1200);
    assert.equal(silence.toBeAsked('a', PATIENCE, 1200), 1600);
  });

  it('not on the word of a worker that has gone quiet itself', () => {
    const silence = new Silence();
    silence.said(1, owing(9, 20_000), 0);
    assert.equal(silence.toBeAsked('a', PATIENCE, 1501), 0);
  });

  it('once, and again after two seconds', () => {
    const silence = new Silence();
    silence.said(1, owing(3, 1500), 0);
    assert.equal(silence.toBeAsked('a', PATIENCE, 0), 1500);
    silence.said(1, owing(3, 3400), 1900);
    assert.equal(silence.toBeAsked('a', PATIENCE, 1900), 0);
    assert.equal(silence.toBeAsked('a', PATIENCE, 2000), 3500);
  });

  it('never where that is switched off, or all is forgotten', () => {
    const silence = new Silence();
    silence.said(1, owing(9, 20_000), 0);
    assert.equal(silence.toBeAsked('a', 0, 0), 0);
    silence.forget('a');
    assert.equal(silence.toBeAsked('a', PATIENCE, 0), 0);
  });

  it('never sooner than its last answer to anybody allows', () => {
    const word = fc.record({ worker: fc.nat(3), owed: fc.nat(5), owedMs: fc.nat(9000), heardMs: fc.nat(9000) });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1000), word), { maxLength: 60 }), (words) => {
        const silence = new Silence();
        let now = 100_000;
        let heardAt = 0;
        for (const [after, { worker, owed, owedMs, heardMs }] of words) {
          now += after;
          heardAt = Math.max(heardAt, now - heardMs);
          silence.said(worker, owing(owed, owedMs, heardMs), now);
          const silent = silence.toBeAsked('a', PATIENCE, now);
          if (silent > 0) assert.ok(silent >= PATIENCE && silent <= now - heardAt);
        }
      }),
    );
  });
});
