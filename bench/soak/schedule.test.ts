import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { makeSchedule, NODE_FAULTS, type PlannedFault, RELOAD_FAULTS, REPLACING_FAULTS } from './schedule.ts';

const NODES = ['a', 'b', 'c'];
const MINUTE = 60_000;
const of = (seed: number, minutes = 10): PlannedFault[] => {
  return makeSchedule({ seed, durationMs: minutes * MINUTE, nodes: NODES });
};
const isReplacing = ({ fault }: PlannedFault): boolean => REPLACING_FAULTS.some((one) => one === fault);

test('the same seed gives the same faults, another one others', () => {
  assert.deepEqual(of(42), of(42));
  assert.notDeepEqual(of(42), of(43));
});

test('one fault at a time, within the duration, on nodes that there are', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1 }), fc.integer({ min: 1, max: 60 }), (seed, minutes) => {
      let free = 0;
      for (const planned of of(seed, minutes)) {
        assert.ok(planned.atMs >= free && planned.atMs < minutes * MINUTE);
        assert.ok(!('node' in planned) || NODES.includes(planned.node));
        free = planned.atMs + planned.lastsMs + 1;
      }
    }),
  );
});

test('ten minutes have faults of every kind', () => {
  const kinds = new Set(of(1).map(({ fault }) => fault));
  assert.equal(kinds.size, NODE_FAULTS.length + REPLACING_FAULTS.length + RELOAD_FAULTS.length);
});

test('workers that serve at half-time are left alone from then on', () => {
  for (let seed = 1; seed < 50; seed++) {
    assert.ok(of(seed).every((planned) => !isReplacing(planned) || planned.atMs < 5 * MINUTE));
  }
});
