/**
 * Differential fuzz of answers: whatever the proxy accepts of a mutated answer, the client of `node:http` reads as the
 * same answer from the node's own bytes and from what the proxy makes of them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readWithNodeClient } from '../testing/node-client-parser.ts';
import { readAnswer } from '../testing/read-answer.ts';
import { HOSTILE_ANSWERS } from './corpus/hostile-answers.ts';
import { ORDINARY_ANSWERS } from './corpus/ordinary-answers.ts';
import { mutated } from './testing/mutations.ts';

const SEED = Number(process.env.FUZZ_SEED ?? 9112);
const RUNS = Number(process.env.FUZZ_RUNS ?? 4000);
/** Longer cases are about limits, and only slow the search. */
const MAX_LENGTH = 2000;

const valid = ORDINARY_ANSWERS.map(({ bytes }) => bytes);
const hostile = HOSTILE_ANSWERS.map(({ bytes }) => bytes).filter((bytes) => bytes.length <= MAX_LENGTH);

test('what the proxy passes on of a mutated answer is the same answer for node:http', {
  timeout: 120_000,
}, async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(
      mutated(valid, hostile),
      fc.constantFrom('GET', 'GET', 'POST', 'HEAD'),
      fc.nat(),
      async (bytes, method, cut) => {
        const buffer = Buffer.from(bytes, 'latin1');
        const split = cut % (buffer.length + 1);
        const passed = readAnswer([buffer.subarray(0, split), buffer.subarray(split)], method);
        if (passed === undefined) return;
        const { status, body } = await readWithNodeClient(bytes.slice(0, passed.used), method);
        const read = await readWithNodeClient(passed.sent, method);
        assert.deepEqual({ status: read.status, body: read.body }, { status, body }, passed.sent);
        compared++;
      },
    ),
    { seed: SEED, numRuns: RUNS },
  );
  // A fuzz that is refused at the door proves nothing.
  assert.ok(compared > RUNS / 5, `only ${compared} answers compared`);
});
