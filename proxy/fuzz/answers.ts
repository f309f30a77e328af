/**
 * Mutated answers: whatever the proxy passes on, the clients of `node:http` and `undici` read as the same answer from
 * the node's own bytes and from what the proxy makes of them.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type AnswerCase, type Asks, methodOf } from '../http/corpus/answer-case.ts';
import { ANSWER_CASES } from '../http/corpus/answers.ts';
import { type NodeAnswer, readWithNodeClient } from '../testing/node-client-parser.ts';
import { readAnswer } from '../testing/read-answer.ts';
import { UndiciClient } from '../testing/undici-client.ts';
import { mutated } from './mutations.ts';
import { pieces } from './pieces.ts';
import { smallestBytes } from './smallest.ts';
import { target } from './target.ts';

/** Longer cases are about limits, and only slow the search. */
const MAX_LENGTH = 2000;
/** One answer in so many is read by `undici` as well, which takes a connection for each. */
const UNDICI_EVERY = 10;

const short = ANSWER_CASES.filter(({ bytes }) => bytes.length <= MAX_LENGTH);
const bytesOf = (cases: readonly AnswerCase[]) => cases.map(({ bytes }) => bytes);

const MUTATED_ANSWERS: fc.Arbitrary<string> = mutated(
  bytesOf(short.filter(({ expected }) => typeof expected !== 'string')),
  bytesOf(short.filter(({ expected }) => typeof expected === 'string')),
);

/** To `node:http`, `Connection: close` of an interim answer is the end already; the proxy waits for the final one. */
async function readOwn(bytes: string, method: string): Promise<NodeAnswer | undefined> {
  try {
    return await readWithNodeClient(bytes, method);
  } catch (error) {
    if (bytes.startsWith('HTTP/1.1 1') && hasCode(error, 'HPE_CLOSED_CONNECTION')) return undefined;
    throw error;
  }
}

/**
 * `undici` refuses a 100 that it did not ask for, and a 304 with the length of what it leaves out (RFC 9110 §15.4.5).
 */
function undiciReads(status: number, asks: Asks): boolean {
  return asks !== 'expecting' && status !== 304;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

export const ANSWERS = target({
  name: 'answers',
  runs: 1000,
  input: fc.record({
    bytes: MUTATED_ANSWERS,
    cuts: fc.array(fc.nat(MAX_LENGTH), { maxLength: 3 }),
    asks: fc.constantFrom<Asks>('get', 'get', 'post', 'head', 'upgrade', 'expecting', 'get-1.0'),
    third: fc.nat(UNDICI_EVERY - 1),
  }),
  shrink: smallestBytes,
  async start() {
    const undici = await UndiciClient.start();
    return {
      async holds({ bytes, cuts, asks, third }) {
        const { end, used, sent } = readAnswer(pieces(bytes, cuts), asks);
        if (end !== 'complete') return false;
        const method = methodOf(asks);
        const own = await readOwn(bytes.slice(0, used), method);
        if (own === undefined) return false;
        const passed = await readWithNodeClient(sent, method);
        const read = { status: own.status, body: own.body };
        assert.deepEqual({ status: passed.status, body: passed.body }, read, sent);
        if (third === 0 && undiciReads(own.status, asks)) assert.deepEqual(await undici.read(sent, method), read, sent);
        return true;
      },
      close: () => undici.close(),
    };
  },
});
