import assert from 'node:assert/strict';
import test from 'node:test';
import { Signs } from './signs.ts';
import { Silence } from './silence.ts';
import { StallDetector } from './stalls.ts';
import { aNode } from './testing/nodes.ts';

test('what is told of a node: successes, failures after the last of them, what it owes, and when it was heard', () => {
  const stalls = new StallDetector();
  const signs = new Signs(stalls);
  const nodes = [aNode(0), aNode(1), aNode(2)];
  signs.failed(0);
  signs.succeeded(0);
  signs.failed(0);
  signs.failed(0);
  stalls.sent(2, 100);
  assert.deepEqual(signs.take(nodes, 400), [
    { node: 'CB_1', successes: 1, failures: 2, owed: 0, owedMs: 0, heardMs: -1 },
    { node: 'CB_3', successes: 0, failures: 0, owed: 1, owedMs: 300, heardMs: -1 },
  ]);
  stalls.answered(2, 500, 400);
  assert.deepEqual(signs.take(nodes, 600), [
    { node: 'CB_3', successes: 0, failures: 0, owed: 0, owedMs: 0, heardMs: 100 },
  ]);
  assert.deepEqual(signs.take(nodes, 800), []);
});

test('a node of which a worker has only a tunnel is told to be heard, also by what came at the last telling', () => {
  const stalls = new StallDetector();
  const signs = new Signs(stalls);
  const nodes = [aNode(0)];
  const heard = { node: 'CB_1', successes: 0, failures: 0, owed: 0, owedMs: 0 };
  assert.deepEqual(signs.take(nodes, 200), []);
  stalls.alive(0, 200);
  assert.deepEqual(signs.take(nodes, 400), [{ ...heard, heardMs: 200 }]);
  assert.deepEqual(signs.take(nodes, 600), []);
});

test('a node that owes one worker answers is not silent while another worker has a tunnel to it', () => {
  const nodes = [aNode(0)];
  const owed = new StallDetector();
  const tunnel = new StallDetector();
  const workers = [new Signs(owed), new Signs(tunnel)];
  const silence = new Silence();
  owed.sent(0, 0);
  const silences: number[] = [];
  for (let now = 200; now <= 4000; now += 200) {
    if (now <= 2000) tunnel.alive(0, now - 50);
    for (const [worker, signs] of workers.entries()) {
      for (const sign of signs.take(nodes, now)) silence.said(worker, sign, now);
    }
    const silent = silence.toBeAsked('CB_1', 1500, now);
    if (silent > 0) silences.push(now);
  }
  assert.deepEqual(silences, [3600], 'the tunnel was heard last at 1950');
});

test('what was counted of a node that has left the pool is not told when it is back', () => {
  const signs = new Signs(new StallDetector());
  signs.failed(0);
  signs.failed(1);
  assert.deepEqual(
    signs.take([aNode(0)], 200).map(({ node }) => node),
    ['CB_1'],
  );
  assert.deepEqual(signs.take([aNode(0), aNode(1)], 400), []);
});
