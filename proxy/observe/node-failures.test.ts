import assert from 'node:assert/strict';
import test from 'node:test';
import { hasFailed } from './node-failures.ts';
import type { StatsSnapshot } from './snapshot.ts';
import { WorkerStats } from './stats.ts';
import { exchange } from './testing/exchange.ts';

for (const [what, differences, failed] of [
  ['an answer', {}, false],
  ["a client's mistake", { status: 400, termination: 'bad-request', error: 'bad_request' }, false],
  ['a client that left', { status: 0, termination: 'client-abort' }, false],
  ['a 404', { status: 404 }, false],
  ['an error of the node', { status: 500 }, true],
  ["a refusal for the node's sake", { status: 503, termination: 'refused', error: 'session_lost' }, true],
  ['an answer that broke off', { status: 200, termination: 'node-truncated' }, true],
  ['a tunnel that closed', { status: 101, termination: 'tunnel-closed', tunnel: true }, false],
  ['the 503 that whoever asks for the health wants to know', { status: 503, class: 'health' }, false],
] as const) {
  test(`${what} ${failed ? 'has' : 'has not'} failed`, () => {
    assert.equal(hasFailed(exchange(differences)), failed);
  });
}

const failedOf = ({ nodes }: StatsSnapshot, name: string): number =>
  nodes.find((node) => node.name === name)?.failed ?? -1;

test('a request that was refused without meeting its node is counted as that node’s failure', () => {
  const stats = new WorkerStats(['a', 'b']);
  stats.exchangeEnded(exchange({ node: 'b', status: 503, error: 'node_unreachable' }), -1);
  stats.exchangeEnded(exchange({ node: '', status: 503, error: 'no_node_available' }), -1);
  stats.exchangeEnded(exchange({ node: 'a', status: 200 }), 0);
  stats.exchangeEnded(exchange({ node: 'a', status: 101, tunnel: true, termination: 'tunnel-closed' }), 0);
  const snapshot = stats.snapshot();
  assert.deepEqual(
    ['a', 'b', ''].map((name) => failedOf(snapshot, name)),
    [0, 1, 1],
  );
  assert.equal(snapshot.nodes[0]?.tunnelsClosed, 1);
});
