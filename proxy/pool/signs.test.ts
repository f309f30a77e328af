import assert from 'node:assert/strict';
import test from 'node:test';
import { Signs, speaksAgainst } from './signs.ts';
import { StallDetector } from './stalls.ts';
import { aNode } from './testing/nodes.ts';

test('what is told of a node: successes, failures after the last of them, and what it owes', () => {
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
  assert.deepEqual(signs.take(nodes, 600), []);
});

test('a 5xx is a failure unless it is about the request, or a limit that the node keeps', () => {
  const against = (status: number, creates = false, retryAfter = false): boolean =>
    speaksAgainst(status, creates, retryAfter);
  assert.deepEqual(
    [500, 501, 502, 503, 504, 505, 507].map((status) => against(status)),
    [true, false, true, true, true, false, true],
  );
  assert.equal(against(503, true), false);
  assert.equal(against(503, false, true), false);
  assert.equal(against(500, true, true), true);
});
