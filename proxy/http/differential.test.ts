/**
 * Differential fuzz: whatever the proxy accepts of mutated requests, `node:http` reads as the same requests, with
 * nothing before, between or behind them, both from the client's own bytes and from those that the proxy sends. The
 * one oracle of request smuggling that needs no list of tricks.
 *
 * A failure prints its seed and the smallest input; that input then becomes a case of the corpus.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NodeParser } from '../testing/node-parser.ts';
import { type ReadRequest, readRequests } from '../testing/read-requests.ts';
import type { RequestCase } from './corpus/case.ts';
import { REQUEST_CASES } from './corpus/requests.ts';
import { mutated } from './testing/mutations.ts';

const SEED = Number(process.env.FUZZ_SEED ?? 9112);
const RUNS = Number(process.env.FUZZ_RUNS ?? 6000);
/** Longer cases are about limits, and only slow the search. */
const MAX_LENGTH = 2000;

const SENTINEL = { method: 'GET', target: '/sentinel', body: '' };
const SENTINEL_BYTES = 'GET /sentinel HTTP/1.1\r\nHost: s\r\n\r\n';

const short = REQUEST_CASES.filter(({ bytes }) => bytes.length <= MAX_LENGTH);
const bytesOf = (cases: readonly RequestCase[]) => cases.map(({ bytes }) => bytes);
const valid = bytesOf(short.filter(({ expected }) => typeof expected[0] !== 'string'));
const hostile = bytesOf(short.filter(({ expected }) => typeof expected[0] === 'string'));

/** Where `node:http` refuses what RFC 9112 §5.1 allows: a tab around the value of a framing header. */
const STRICTER = /^(?:content-length|transfer-encoding):.*\t/im;

const parser = new NodeParser();

/** What a node gets. A request behind it, as on a connection that is used again, must come out untouched. */
async function compareForwarded({ method, target, body, sent }: ReadRequest): Promise<void> {
  const read = await parser.read(sent + SENTINEL_BYTES);
  assert.equal(read.error, '', sent);
  const [first, ...others] = read.requests;
  assert.deepEqual(first, { method, target, body });
  if (read.upgrades) assert.deepEqual({ others, tunnel: read.tunnel }, { others: [], tunnel: SENTINEL_BYTES });
  else assert.deepEqual(others, [SENTINEL]);
}

/** What the client sent: the proxy must not see one request where others see none, two, or another. */
async function compareReceived({ received, keepAlive, method, target, body }: ReadRequest): Promise<void> {
  if (STRICTER.test(received)) return;
  const read = await parser.read(keepAlive ? received + SENTINEL_BYTES : received);
  // Upgrades that the proxy does not take up; `node:http` gives all that follows to the tunnel.
  if (read.upgrades) return;
  assert.equal(read.error, '', received);
  const [first, ...others] = read.requests;
  assert.deepEqual({ method: first?.method, body: first?.body }, { method, body });
  if (/^[/*]/.test(first?.target ?? '')) assert.equal(first?.target, target);
  assert.deepEqual(others, keepAlive ? [SENTINEL] : []);
}

test('what the proxy forwards of a mutated request is the same single request for node:http', {
  timeout: 120_000,
}, async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(mutated(valid, hostile), fc.nat(), async (bytes, cut) => {
      const buffer = Buffer.from(bytes, 'latin1');
      const split = cut % (buffer.length + 1);
      const { requests } = readRequests([buffer.subarray(0, split), buffer.subarray(split)]);
      for (const request of requests) {
        await compareForwarded(request);
        await compareReceived(request);
        compared++;
      }
    }),
    { seed: SEED, numRuns: RUNS },
  );
  // A fuzz that is refused at the door proves nothing.
  assert.ok(compared > RUNS / 5, `only ${compared} requests compared`);
});
