import assert from 'node:assert/strict';
import test from 'node:test';
import { EvidenceBook } from './evidence.ts';
import { WorkerStats } from './stats.ts';

function book() {
  const stats = new WorkerStats(['a']);
  const evidence = new EvidenceBook(() => stats.snapshot());
  return {
    evidence,
    /** Marks what is counted at this time. */
    tick(now: number): void {
      stats.connectionsAccepted = now;
      evidence.remember(now);
    },
  };
}

test('the first sign counts, until the node is seen well', () => {
  const { evidence } = book();
  evidence.note('a', 10);
  evidence.note('a', 20);
  assert.equal(evidence.take('a')?.since, 10);
  assert.equal(evidence.take('a'), undefined);
  evidence.note('a', 30);
  evidence.refute('a');
  evidence.note('a', 40);
  assert.equal(evidence.take('a')?.since, 40);
  evidence.note('a', 60);
  evidence.note('a', 50);
  assert.equal(evidence.take('a')?.since, 50, 'what comes to light later may have begun before');
});

test('what is refuted once may still explain a restart, twice it is forgotten', () => {
  const { evidence } = book();
  evidence.note('a', 10);
  evidence.refute('a');
  assert.equal(evidence.take('a')?.since, 10);
  evidence.note('a', 20);
  evidence.refute('a');
  evidence.refute('a');
  assert.equal(evidence.take('a'), undefined);
});

test('it goes with what had been counted some seconds before, however often anybody looked since', () => {
  const { evidence, tick } = book();
  for (let now = 0; now <= 60_000; now += 100) tick(now);
  evidence.note('a', 60_000);
  assert.equal(evidence.take('a')?.stats.connectionsAccepted, 57_000);
});

test('soon after the start it goes with the first that was counted, or with what is counted now', () => {
  const { evidence, tick } = book();
  assert.equal(evidence.countedBefore(0).connectionsAccepted, 0);
  tick(500);
  tick(1500);
  assert.equal(evidence.countedBefore(1600).connectionsAccepted, 500);
});
