/**
 * Pipelines made up from the grammar, cut anywhere: the proxy reads exactly the requests that they were made of, and so
 * do a strict and a lenient node of what it sends.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { NodeParser } from '../testing/node-parser.ts';
import { readRequests } from '../testing/read-requests.ts';
import { madeRequest } from './messages.ts';
import { pieces } from './pieces.ts';
import { target } from './target.ts';

const PIPELINE = fc
  .integer({ min: 1, max: 5 })
  .chain((length) => fc.tuple(...Array.from({ length }, (_, index) => madeRequest(`/${index}`))));

const parsers = [new NodeParser(), new NodeParser({ lenient: true })];

export const PIPELINES = target({
  name: 'pipelines',
  runs: 300,
  input: fc.record({ requests: PIPELINE, cuts: fc.array(fc.nat(), { maxLength: 8 }) }),
  start: async () => ({
    async holds({ requests, cuts }) {
      const made = requests.map(({ method, target, body }) => ({ method, target, body }));
      const reading = readRequests(pieces(requests.map(({ bytes }) => bytes).join(''), cuts));
      assert.deepEqual(
        reading.requests.map(({ method, target, body }) => ({ method, target, body })),
        made,
      );
      assert.equal(reading.end, 'complete');
      const sent = reading.requests.map((request) => request.sent).join('');
      for (const parser of parsers) {
        const read = await parser.read(sent);
        assert.equal(read.error, '', sent);
        assert.deepEqual(read.requests, made);
      }
      return true;
    },
    close: async () => {},
  }),
});
