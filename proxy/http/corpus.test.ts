/** The corpus without sockets: how the bytes are cut into reads never changes what becomes of them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Reading, readRequests } from '../testing/read-requests.ts';
import { REQUEST_CASES } from './corpus/requests.ts';
import { REFUSALS, type RefusalCode } from './refusals.ts';

/** Where longer inputs are cut besides both ends: enough to meet every state, few enough to be quick. */
const MAX_SPLITS = 200;

/** What both sides can tell: the requests, and the status of a refusal. Its code may depend on what has arrived. */
function outcome({ requests, end }: Reading): unknown {
  return {
    requests: requests.map(({ method, target, body }) => ({ method, target, body })),
    status: isRefusal(end) ? REFUSALS[end].status : end,
  };
}

function isRefusal(end: Reading['end']): end is RefusalCode {
  return end in REFUSALS;
}

function splitsOf(length: number): number[] {
  const step = Math.max(1, Math.floor(length / MAX_SPLITS));
  return Array.from({ length: Math.floor((length - 1) / step) }, (_, index) => 1 + index * step);
}

describe('the corpus at every split', () => {
  it('has names of its own for all cases', () => {
    const names = REQUEST_CASES.map(({ name }) => name);
    assert.deepEqual([...new Set(names)], names);
  });

  for (const { name, source, bytes, expected } of REQUEST_CASES) {
    it(`${name} (${source})`, () => {
      const buffer = Buffer.from(bytes, 'latin1');
      const whole = readRequests([buffer]);
      const last = expected.at(-1);
      assert.equal(whole.end, typeof last === 'string' ? last : 'complete');
      assert.deepEqual(
        whole.requests.map(({ method, target, body }) => ({ method, target, body })),
        expected.flatMap((e) => (typeof e === 'string' ? [] : [{ method: e.method, target: e.target, body: e.body }])),
      );
      for (const split of splitsOf(buffer.length)) {
        const halves = readRequests([buffer.subarray(0, split), buffer.subarray(split)]);
        assert.deepEqual(outcome(halves), outcome(whole), `split at ${split}`);
      }
      if (buffer.length > 2 * MAX_SPLITS) return;
      const bytewise = Array.from(buffer, (_, index) => buffer.subarray(index, index + 1));
      assert.deepEqual(outcome(readRequests(bytewise)), outcome(whole), 'byte by byte');
    });
  }
});
