import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { OperatorStates } from './operator-states.ts';
import { configFile } from './testing/proxy-process.ts';

/** A state file that holds `text`, or is not there. */
async function stateFile(t: TestContext, text?: string): Promise<string> {
  const other = await configFile(t, text ?? '');
  return text === undefined ? join(dirname(other), 'state.json') : other;
}

function open(file: string) {
  const warnings: string[] = [];
  return { states: new OperatorStates({ file, warn: (message) => warnings.push(message) }), warnings };
}

test('what was said is there after a restart', async (t) => {
  const file = await stateFile(t);
  const { states, warnings } = open(file);
  assert.equal(states.set('a', { state: 'draining', since: 1000, deadline: 5000 }), true);
  assert.equal(states.set('b.c-d', { state: 'maintenance', since: 2000 }), true);
  states.set('e', { state: 'draining', since: 3000 });
  states.set('e', undefined);
  assert.deepEqual(open(file).states.held, states.held);
  assert.equal(open(file).states.stateOf('e'), 'ready');
  assert.deepEqual(warnings, []);
  assert.deepEqual(
    readdirSync(dirname(file)).filter((name) => name.includes('tmp')),
    [],
  );
});

test('without a file it is said, and works until the restart', () => {
  const { states, warnings } = open('');
  assert.equal(states.set('a', { state: 'draining', since: 1000 }), false);
  assert.equal(states.stateOf('a'), 'draining');
  assert.deepEqual(warnings, []);
});

for (const [what, text] of [
  ['cut off', '{"version": 1, "nodes": {"a"'],
  ['of another program', '[]'],
  ['of a later version', '{"version": 2, "nodes": {}}'],
  ['with a state that is none', '{"version": 1, "nodes": {"a": {"state": "gone", "since": "2026-01-01T00:00:00Z"}}}'],
] as const) {
  test(`a file that is ${what} is one warning, and replaced by the next change`, async (t) => {
    const file = await stateFile(t, text);
    const { states, warnings } = open(file);
    assert.equal(warnings.length, 1);
    assert.ok(warnings[0]?.startsWith(`${file}: `));
    assert.equal(states.held.size, 0);
    assert.equal(states.set('a', { state: 'draining', since: 1000 }), true);
    assert.equal(open(file).states.stateOf('a'), 'draining');
  });
}

test('a file that cannot be written is one warning, and the state holds until the restart', async (t) => {
  const file = join(await stateFile(t), 'below', 'state.json');
  const { states, warnings } = open(file);
  assert.equal(states.set('a', { state: 'draining', since: 1000 }), false);
  assert.equal(states.stateOf('a'), 'draining');
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /cannot be written/);
});

test('another configuration takes along what still matters, and forgets nodes that it does not name', async (t) => {
  const [first, second] = [await stateFile(t), await stateFile(t)];
  const { states } = open(first);
  states.set('a', { state: 'draining', since: 1000 });
  states.set('b', { state: 'draining', since: 1000 });
  states.follow(second, new Set(['b', 'c']));
  assert.deepEqual([...open(second).states.held.keys()], ['b']);
  assert.match(readFileSync(first, 'utf8'), /"a"/);
});
