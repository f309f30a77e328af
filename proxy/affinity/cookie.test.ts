import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { aNode, aView } from '../pool/testing/nodes.ts';
import { nodeOfCookie } from './cookie.ts';

const NAME = 'gcbSessionServer';
const NAMES = ['Co-browse_Server', 'CB_1', 'CB_10', 'cb.node-3', 'a', '__proto__'];
const { byName } = aView(...NAMES.map((name, index) => aNode(index, { name })));

function named(header: string): string | undefined {
  const node = nodeOfCookie(header, NAME, byName);
  return node === undefined || node === 'unknown' ? node : node.name;
}

describe('the stickiness cookie', () => {
  const cases: readonly (readonly [header: string, expected: string | undefined])[] = [
    ['', undefined],
    ['other=CB_1', undefined],
    [`${NAME}=CB_1`, 'CB_1'],
    [`${NAME}=CB_10`, 'CB_10'],
    [`${NAME}=Co-browse_Server`, 'Co-browse_Server'],
    [`${NAME}=cb.node-3`, 'cb.node-3'],
    [`a=b; ${NAME}=CB_1; c=d`, 'CB_1'],
    [`a=b;${NAME}=CB_1;c=d`, 'CB_1'],
    [`a=b; \t ${NAME}=CB_1 \t; c=d`, 'CB_1'],
    [`${NAME}="CB_1"`, 'CB_1'],
    [`${NAME}="CB_1`, 'unknown'],
    [`${NAME}="`, 'unknown'],
    [`${NAME}=""`, 'unknown'],
    [`${NAME}=`, 'unknown'],
    [`${NAME}`, undefined],
    [`${NAME};a=b`, undefined],
    // The name as a part of another, or in a value.
    [`x${NAME}=CB_1`, undefined],
    [`${NAME}2=CB_1`, undefined],
    [`a=${NAME}=CB_1`, undefined],
    [`a="; ${NAME}=CB_1`, 'CB_1'],
    [`x${NAME}=CB_10; ${NAME}=CB_1`, 'CB_1'],
    [`gcbsessionserver=CB_1`, undefined],
    // Tampered.
    [`${NAME}=CB_2`, 'unknown'],
    [`${NAME}=CB_1/../x`, 'unknown'],
    [`${NAME}=CB%5F1`, 'unknown'],
    [`${NAME}=cb_1`, 'unknown'],
    [`${NAME}=127.0.0.1:8701`, 'unknown'],
    [`${NAME}=http://127.0.0.1:8701/`, 'unknown'],
    [`${NAME}=constructor`, 'unknown'],
    [`${NAME}=__proto__`, '__proto__'],
    // Two of the same name: the first that names a configured node.
    [`${NAME}=CB_1; ${NAME}=CB_10`, 'CB_1'],
    [`${NAME}=gone; ${NAME}=CB_10`, 'CB_10'],
    [`${NAME}=gone; ${NAME}=also`, 'unknown'],
  ];
  for (const [header, expected] of cases) {
    it(`names ${expected ?? 'nothing'} in ${JSON.stringify(header)}`, () => assert.equal(named(header), expected));
  }

  it('is found as a plain reading of the header finds it', () => {
    const piece = fc.oneof(
      fc.constantFrom(NAME, `x${NAME}`, `${NAME}2`, ...NAMES, '=', ';', '; ', ' ', '\t', '"', '""', ','),
      fc.string({ maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
        const header = pieces.join('');
        assert.equal(named(header), plainReading(header));
      }),
      { numRuns: 500 },
    );
  });
});

function plainReading(header: string): string | undefined {
  const values = header
    .split(';')
    .map((cookie) => cookie.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((cookie) => cookie.startsWith(`${NAME}=`))
    .map((cookie) => cookie.slice(NAME.length + 1).replace(/^"(.*)"$/s, '$1'));
  return values.find((value) => NAMES.includes(value)) ?? (values.length > 0 ? 'unknown' : undefined);
}
