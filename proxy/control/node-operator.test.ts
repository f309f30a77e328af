import assert from 'node:assert/strict';
import test from 'node:test';
import { pino } from 'pino';
import { proxySchema } from '../../config/proxy-schema.ts';
import { WorkerStats } from '../observe/stats.ts';
import { effectiveState } from '../pool/operator.ts';
import { aNode } from '../pool/testing/nodes.ts';
import type { NodeSnapshot } from '../pool/view.ts';
import { NodeOperator } from './node-operator.ts';
import { OperatorStates } from './operator-states.ts';

const BY = { client: '192.0.2.7', token: 'operate 2' };

/** One node `a` with two live sessions, in the hands of an operator, on a clock of its own. */
function setUp() {
  const said: string[] = [];
  const orders: unknown[] = [];
  const told = ({ msg, state, client, token }: Record<string, string>): void => {
    said.push(msg ?? '');
    if (state !== undefined) orders.push([state, client, token]);
  };
  let node: NodeSnapshot = aNode(0, { name: 'a', sessions: 2, reportedAt: 1 });
  const clock = { now: 1000 };
  const operator = new NodeOperator({
    states: new OperatorStates({ file: '', warn: () => {} }),
    logger: pino({ level: 'info' }, { write: (line) => told(JSON.parse(line)) }),
    config: () => proxySchema.parse({ nodes: [{ name: 'a', url: 'http://10.0.0.1:8701' }] }),
    pool: () => ({ version: 1, nodes: [node] }),
    obey: (_, state) => {
      node = { ...node, state: effectiveState('up', state, false), since: clock.now };
    },
    stats: async () => new WorkerStats(['a']).snapshot(),
    closeTunnels: (name, perSecond) => said.push(`close ${name} at ${perSecond}`),
    now: () => clock.now,
  });
  const report = (sessions: number): void => {
    node = { ...node, sessions, reportedAt: clock.now };
  };
  const progress = () => operator.progress(node, undefined);
  const closed = (): readonly string[] => said.filter((line) => line.startsWith('close'));
  return { operator, clock, report, progress, said, orders, closed, node: () => node };
}

test('a drain is told to be over once, when the last session has ended', async () => {
  const { operator, clock, report, progress, said, node } = setUp();
  assert.deepEqual(operator.order('a', { kind: 'drain', deadlineMs: undefined }, BY), { persisted: false });
  assert.equal(node().state, 'draining');
  clock.now = 2000;
  report(1);
  await operator.check();
  assert.deepEqual(progress(), { state: 'draining', since: 1000, remaining: 1, drained: false });
  clock.now = 3000;
  report(0);
  await operator.check();
  await operator.check();
  assert.equal(progress()?.drained, true);
  assert.equal(said.filter((line) => line === 'node a is drained').length, 1);
});

test('at the deadline nothing more goes to the node, and its tunnels are closed at a pace', async () => {
  const { operator, clock, report, progress, orders, closed, node } = setUp();
  operator.order('a', { kind: 'drain', deadlineMs: 5000 }, BY);
  clock.now = 5999;
  report(2);
  await operator.check();
  assert.deepEqual([node().state, closed()], ['draining', []]);
  clock.now = 6000;
  await operator.check();
  await operator.check();
  assert.deepEqual([node().state, closed()], ['down', ['close a at 50']]);
  assert.equal(progress()?.state, 'maintenance');
  const expected = [
    ['draining', '192.0.2.7', 'operate 2'],
    ['maintenance', undefined, undefined],
  ];
  assert.deepEqual(orders, expected, 'the log says who, and that time has come by itself');
});

test('an empty node is left alone at the deadline', async () => {
  const { operator, clock, report, closed, node } = setUp();
  operator.order('a', { kind: 'drain', deadlineMs: 5000 }, BY);
  clock.now = 6000;
  report(0);
  await operator.check();
  assert.deepEqual([node().state, closed()], ['draining', []]);
});

test('a drain ordered again keeps its beginning and takes the new deadline; ready ends it', () => {
  const { operator, clock, progress, node } = setUp();
  operator.order('a', { kind: 'drain', deadlineMs: 5000 }, BY);
  clock.now = 2000;
  operator.order('a', { kind: 'drain', deadlineMs: 9000 }, BY);
  assert.deepEqual([progress()?.since, progress()?.deadline], [1000, 11_000]);
  operator.order('a', { kind: 'ready' }, BY);
  assert.deepEqual([progress(), node().state], [undefined, 'up']);
});

test('maintenance closes tunnels at once, at a pace', () => {
  const { operator, closed, node } = setUp();
  operator.order('a', { kind: 'maintenance' }, BY);
  assert.deepEqual([node().state, closed()], ['down', ['close a at 50']]);
});

test('an order for a node that is not there is none', () => {
  const { operator, said } = setUp();
  assert.equal(operator.order('b', { kind: 'maintenance' }, BY), undefined);
  assert.deepEqual(said, []);
});
