/**
 * Mutated requests through a whole data plane: its nodes get what the same code reads in memory, its clients as many
 * answers, and every connection is in step afterwards.
 */
import fc from 'fast-check';
import type { Outcome } from '../http/corpus/case.ts';
import { CorpusPlane } from '../testing/corpus-plane.ts';
import { readRequests } from '../testing/read-requests.ts';
import { sendCase } from '../testing/send-case.ts';
import { inTime } from './in-time.ts';
import { MUTATED_REQUESTS } from './requests.ts';
import { smallestBytes } from './smallest.ts';
import { target } from './target.ts';

export const TRAFFIC = target({
  name: 'traffic',
  runs: 200,
  input: fc.record({ bytes: MUTATED_REQUESTS }),
  shrink: smallestBytes,
  async start() {
    const corpus = await CorpusPlane.start();
    return {
      async holds({ bytes }) {
        const { requests, end } = readRequests([Buffer.from(bytes, 'latin1')]);
        const [first] = requests;
        // An answer of the proxy itself, or none before more bytes come.
        if (first === undefined || end === 'incomplete' || bytes.includes('/health')) return false;
        const expected: Outcome[] = requests.map(({ method, target, body }) => ({ method, target, body }));
        if (end !== 'complete') expected.push(end);
        const closes = requests.at(-1)?.keepAlive === false;
        await inTime(
          corpus.check({ name: '', source: '', expected }, (port) => sendCase(port, { bytes, expected, closes })),
          () => bytes,
        );
        return true;
      },
      close: () => corpus.close(),
    };
  },
});
