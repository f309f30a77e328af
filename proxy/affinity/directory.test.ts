import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { type ProxyConfig, proxySchema } from '../../config/proxy-schema.ts';
import { aNode, aView } from '../pool/testing/nodes.ts';
import type { NodeState } from '../pool/view.ts';
import { SessionDirectory } from './directory.ts';

const one = aNode(0);
const two = aNode(1);
const view = aView(one, two);
const clock = { time: 1, now: () => clock.time };

function configOf(affinity: Record<string, unknown>): ProxyConfig['affinity'] {
  return proxySchema.parse({ nodes: [{ name: 'CB_1', url: 'http://10.0.0.1' }], affinity }).affinity;
}

function directoryOf(affinity: Record<string, unknown> = {}): SessionDirectory {
  return new SessionDirectory(configOf(affinity), clock);
}

beforeEach(() => {
  clock.time = 1;
});

describe('the session directory', () => {
  it('knows what it has learnt, sessions and users apart', () => {
    const directory = directoryOf();
    assert.equal(directory.learnSession(view, '1', one, 'create'), true);
    directory.learnUser(view, '2', two, 'create');
    assert.deepEqual(directory.ownerOfSession(view, '1'), { kind: 'owner', node: one, lost: false });
    assert.deepEqual(directory.ownerOfUser(view, '2'), { kind: 'owner', node: two, lost: false });
    assert.equal(directory.ownerOfSession(view, '2').kind, 'absent');
    assert.equal(directory.ownerOfUser(view, '1').kind, 'absent');
  });

  it('never takes one token for another', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 20 }), ([known = '', ...others]) => {
        const directory = directoryOf({ directory: 100 });
        directory.learnSession(view, known, one, 'create');
        assert.equal(directory.ownerOfUser(view, known).kind, 'absent');
        for (const other of others) assert.equal(directory.ownerOfSession(view, other).kind, 'absent');
      }),
    );
  });

  it('says nothing of a node that is no longer configured', () => {
    const directory = directoryOf();
    directory.learnSession(view, '1', two, 'create');
    assert.equal(directory.ownerOfSession(aView(one), '1').kind, 'absent');
    assert.equal(directory.ownerOfSession(view, '1').kind, 'owner', 'it is configured again');
  });

  it('answers with the node of the current view', () => {
    const directory = directoryOf();
    directory.learnSession(view, '1', one, 'create');
    const down = aNode(0, { state: 'down' });
    assert.deepEqual(directory.ownerOfSession(aView(down, two), '1'), { kind: 'owner', node: down, lost: false });
  });

  it('says lost once its node came back as another instance', () => {
    const directory = directoryOf();
    const first = aNode(0, { instanceId: 'a' });
    directory.learnSession(aView(first), '1', first, 'create');
    assert.deepEqual(directory.ownerOfSession(aView(first), '1'), { kind: 'owner', node: first, lost: false });
    const second = aNode(0, { instanceId: 'b' });
    assert.deepEqual(directory.ownerOfSession(aView(second), '1'), { kind: 'owner', node: second, lost: true });
    assert.deepEqual(directory.ownerOfSession(aView(one), '1'), { kind: 'owner', node: one, lost: false });
  });

  it('believes the instance that the answer names over the last health report', () => {
    const directory = directoryOf();
    const stale = aNode(0, { instanceId: 'a' });
    directory.learnSession(aView(stale), '1', stale, 'create', 'b');
    const ownership = directory.ownerOfSession(aView(aNode(0, { instanceId: 'b' })), '1');
    assert.ok(ownership.kind === 'owner' && !ownership.lost);
    // Until the polls tell of it, too.
    const behind = directory.ownerOfSession(aView(stale), '1');
    assert.ok(behind.kind === 'owner' && !behind.lost);
    const gone = aNode(0, { instanceId: 'c', instanceSince: Date.now() + 1000 });
    const after = directory.ownerOfSession(aView(gone), '1');
    assert.ok(after.kind === 'owner' && after.lost);
  });
});

describe('a known owner', () => {
  const moved = (state: NodeState, about: { instanceId?: string } = {}): boolean => {
    const directory = directoryOf();
    const learntOf = aNode(0, { instanceId: 'a' });
    directory.learnSession(view, '1', learntOf, 'create');
    const now = aView(aNode(0, { state, instanceId: 'a', ...about }), two);
    const learnt = directory.learnSession(now, '1', two, 'look-up');
    const ownership = directory.ownerOfSession(now, '1');
    assert.ok(ownership.kind === 'owner');
    assert.equal(ownership.node.name === two.name, learnt);
    return learnt;
  };

  it('is not moved by the answer of another node while it answers', () => {
    assert.equal(moved('up'), false);
    assert.equal(moved('draining'), false);
  });

  it('gives way when it is down or was restarted', () => {
    assert.equal(moved('down'), true);
    assert.equal(moved('up', { instanceId: 'b' }), true);
  });
});

describe('forgetting', () => {
  it('asks again about a looked-up session after hitTtl, and never about a created one', () => {
    const directory = directoryOf({ lookup: { hitTtl: '10m' } });
    directory.learnSession(view, 'created', one, 'create');
    directory.learnSession(view, 'looked-up', one, 'look-up');
    clock.time += 599_000;
    assert.equal(directory.ownerOfSession(view, 'looked-up').kind, 'owner');
    clock.time += 2_000;
    assert.equal(directory.ownerOfSession(view, 'looked-up').kind, 'absent');
    clock.time += 1e9;
    assert.equal(directory.ownerOfSession(view, 'created').kind, 'owner');
  });

  it('remembers a miss for missTtl', () => {
    const directory = directoryOf({ lookup: { missTtl: '2s' } });
    directory.noteMiss('1');
    assert.equal(directory.ownerOfSession(view, '1').kind, 'missed');
    clock.time += 2_001;
    assert.equal(directory.ownerOfSession(view, '1').kind, 'absent');
  });

  it('caches nothing with a ttl of 0', () => {
    const directory = directoryOf({ lookup: { hitTtl: '0ms', missTtl: '0ms' } });
    directory.learnSession(view, '1', one, 'look-up');
    directory.noteMiss('2');
    assert.equal(directory.ownerOfSession(view, '1').kind, 'absent');
    assert.equal(directory.ownerOfSession(view, '2').kind, 'absent');
  });

  it('forgets a miss when the session is created', () => {
    const directory = directoryOf();
    directory.noteMiss('1');
    directory.learnSession(view, '1', one, 'create');
    assert.equal(directory.ownerOfSession(view, '1').kind, 'owner');
  });

  it('pushes out the least recently used, and no session for any number of misses', () => {
    const directory = directoryOf({ directory: 2 });
    for (const token of ['1', '2']) directory.learnSession(view, token, one, 'create');
    for (let i = 0; i < 100; i++) directory.noteMiss(`miss-${i}`);
    assert.equal(directory.ownerOfSession(view, '1').kind, 'owner');
    directory.learnSession(view, '3', one, 'create');
    assert.deepEqual(
      ['1', '2', '3'].map((token) => directory.ownerOfSession(view, token).kind),
      ['owner', 'absent', 'owner'],
    );
  });
});

describe('another configuration', () => {
  const kinds = (directory: SessionDirectory, ...tokens: readonly string[]): readonly string[] =>
    tokens.map((token) => directory.ownerOfSession(view, token).kind);

  it('makes it smaller: what was used last stays', () => {
    const directory = directoryOf({ directory: 3 });
    for (const token of ['1', '2', '3']) directory.learnSession(view, token, one, 'create');
    directory.learnUser(view, 'user', one, 'create');
    directory.ownerOfSession(view, '1');
    directory.follow(configOf({ directory: 2 }));
    assert.deepEqual(kinds(directory, '1', '2', '3'), ['owner', 'absent', 'owner']);
    assert.equal(directory.ownerOfUser(view, 'user').kind, 'owner');
    directory.learnSession(view, '4', one, 'create');
    assert.deepEqual(kinds(directory, '1', '3', '4'), ['absent', 'owner', 'owner']);
  });

  it('makes it larger: all stays, for as long as it was to', () => {
    const directory = directoryOf({ directory: 2, lookup: { hitTtl: '10m', missTtl: '2s' } });
    directory.learnSession(view, 'created', one, 'create');
    directory.learnSession(view, 'looked-up', one, 'look-up');
    directory.noteMiss('missed');
    clock.time += 1_000;
    directory.follow(configOf({ directory: 4 }));
    for (const token of ['3', '4']) directory.learnSession(view, token, one, 'create');
    assert.deepEqual(kinds(directory, 'created', 'looked-up', '3', '4'), ['owner', 'owner', 'owner', 'owner']);
    assert.deepEqual(kinds(directory, 'missed'), ['missed']);
    clock.time += 1_001;
    assert.deepEqual(kinds(directory, 'missed'), ['absent']);
    clock.time += 600_000;
    assert.deepEqual(kinds(directory, 'created', 'looked-up'), ['owner', 'absent']);
  });

  it('gives what is learnt from now on its times', () => {
    const directory = directoryOf();
    directory.follow(configOf({ lookup: { hitTtl: '1m', missTtl: '0ms' } }));
    directory.learnSession(view, '1', one, 'look-up');
    directory.noteMiss('2');
    assert.deepEqual(kinds(directory, '1', '2'), ['owner', 'absent']);
    clock.time += 60_001;
    assert.deepEqual(kinds(directory, '1'), ['absent']);
  });
});
