/**
 * Mutated requests: whatever the proxy accepts, `node:http` reads as the same requests, with nothing before, between or
 * behind them, both from the client's own bytes and from those that the proxy sends. The one oracle of request
 * smuggling that needs no list of tricks.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { RequestCase } from '../http/corpus/case.ts';
import { REQUEST_CASES } from '../http/corpus/requests.ts';
import { NodeParser } from '../testing/node-parser.ts';
import { type ReadRequest, readRequests } from '../testing/read-requests.ts';
import { mutated } from './mutations.ts';
import { pieces } from './pieces.ts';
import { smallestBytes } from './smallest.ts';
import { target } from './target.ts';

/** Longer cases are about limits, and only slow the search. */
const MAX_LENGTH = 2000;

const SENTINEL = { method: 'GET', target: '/sentinel', body: '' };
const SENTINEL_BYTES = 'GET /sentinel HTTP/1.1\r\nHost: s\r\n\r\n';

const short = REQUEST_CASES.filter(({ bytes }) => bytes.length <= MAX_LENGTH);
const bytesOf = (cases: readonly RequestCase[]) => cases.map(({ bytes }) => bytes);

/** Mutated requests of the corpus, most of them of the kind that is forwarded: those get further. */
export const MUTATED_REQUESTS: fc.Arbitrary<string> = mutated(
  bytesOf(short.filter(({ expected }) => typeof expected[0] !== 'string')),
  bytesOf(short.filter(({ expected }) => typeof expected[0] === 'string')),
);

/**
 * Where `node:http` refuses what RFC 9112 allows: a tab around the value of a framing header (§5.1), and a request
 * behind one with a field that means nothing to a server (appendix C.2.2).
 */
const STRICTER = /^(?:content-length|transfer-encoding):.*\t|^proxy-connection:.*close/im;

const strict = new NodeParser();
const lenient = new NodeParser({ lenient: true });

/** What a node gets. A request behind it, as on a connection that is used again, must come out untouched. */
async function compareForwarded(parser: NodeParser, { method, target, body, sent }: ReadRequest): Promise<void> {
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
  const read = await strict.read(keepAlive ? received + SENTINEL_BYTES : received);
  // Upgrades that the proxy does not take up; `node:http` gives all that follows to the tunnel.
  if (read.upgrades) return;
  assert.equal(read.error, '', received);
  const [first, ...others] = read.requests;
  assert.deepEqual({ method: first?.method, body: first?.body }, { method, body });
  if (/^[/*]/.test(first?.target ?? '')) assert.equal(first?.target, target);
  assert.deepEqual(others, keepAlive ? [SENTINEL] : []);
}

export const REQUESTS = target({
  name: 'requests',
  runs: 1500,
  input: fc.record({ bytes: MUTATED_REQUESTS, cuts: fc.array(fc.nat(MAX_LENGTH), { maxLength: 3 }) }),
  shrink: smallestBytes,
  start: async () => ({
    async holds({ bytes, cuts }) {
      const { requests } = readRequests(pieces(bytes, cuts));
      for (const request of requests) {
        await compareForwarded(strict, request);
        await compareForwarded(lenient, request);
        await compareReceived(request);
      }
      return requests.length > 0;
    },
    close: async () => {},
  }),
});
