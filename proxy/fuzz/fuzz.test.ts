/** A short round of each fuzz, always the same one. `npm run fuzz` goes on for as long as it is told. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TARGETS } from './targets.ts';

const SEED = 9112;

describe('a round of the fuzz', () => {
  for (const target of TARGETS) {
    it(`finds nothing in ${target.name}`, async () => {
      const open = await target.open();
      try {
        const { compared, finding } = await open.round(SEED, target.runs);
        assert.equal(finding, undefined, `${finding?.reason}\n${finding?.input}`);
        assert.ok(compared > target.runs / 5, `only ${compared} of ${target.runs} compared`);
      } finally {
        await open.close();
      }
    });
  }
});
