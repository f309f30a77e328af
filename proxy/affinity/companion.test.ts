import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { aNode } from '../pool/testing/nodes.ts';
import { type Companion, companionFor, companionName, companionValue, isOfGoneInstance } from './companion.ts';

const NAME = companionName('gcbSessionServer');
const SESSION = '0123456789abcdef01234567';
const node = aNode(0, { name: 'CB_1', instanceId: 'i-2', instanceSince: 2000 });

const read = (header: string): Companion | undefined => companionFor(node, header, NAME);

describe('the companion cookie', () => {
  it('is read as it was written, wherever it stands', () => {
    const companion = fc.record(
      {
        instanceId: fc.stringMatching(/^[A-Za-z0-9._:-]{1,128}$/),
        boundAt: fc.nat().map((n) => n * 47_000),
        session: fc.constantFrom('', SESSION),
      },
      { noNullPrototype: true },
    );
    const others = fc.array(fc.constantFrom('a=b', 'gcbSessionServer=CB_1', `x${NAME}=CB_1~x~1~`, `${NAME}=CB_2~x~1~`));
    fc.assert(
      fc.property(companion, others, others, (companion, before, behind) => {
        const header = [...before, `${NAME}=${companionValue('CB_1', companion)}`, ...behind].join('; ');
        assert.deepEqual(read(header), companion);
      }),
    );
  });

  for (const [what, header] of [
    ['no cookie', ''],
    ['the stickiness cookie alone', 'gcbSessionServer=CB_1'],
    ['another node', `${NAME}=CB_2~i-1~1~`],
    ['a node whose name only begins alike', `${NAME}=CB_10~i-1~1~`],
    ['no instance', `${NAME}=CB_1~~1~`],
    ['no time', `${NAME}=CB_1~i-1~~`],
    ['no end', `${NAME}=CB_1~i-1~1`],
    ['a time in capitals', `${NAME}=CB_1~i-1~1A~`],
    ['a negative time', `${NAME}=CB_1~i-1~-1~`],
    ['a time with a fraction', `${NAME}=CB_1~i-1~1.5~`],
    ['a time that is longer than any', `${NAME}=CB_1~i-1~1234567890~`],
    ['an instance that is longer than any', `${NAME}=CB_1~${'i'.repeat(129)}~1~`],
    ['an instance of other characters', `${NAME}=CB_1~i/1~1~`],
    ['a short session', `${NAME}=CB_1~i-1~1~0123`],
    ['a session in capitals', `${NAME}=CB_1~i-1~1~${SESSION.toUpperCase()}`],
    ['something behind', `${NAME}=CB_1~i-1~1~${SESSION}~`],
    ['16 KiB of it', `${NAME}=CB_1~${'i~1~'.repeat(4000)}`],
    ['another letter case', `${NAME.toLowerCase()}=CB_1~i-1~1~`],
  ] as const) {
    it(`says nothing when it is or has ${what}`, () => assert.equal(read(header), undefined));
  }

  it('of several the newest counts, and one that is none of ours does not hide it', () => {
    const cookies = ['CB_1~i-1~1~', 'CB_1~i-3~zz~', 'CB_1~i-2~2~', 'CB_1~~~', 'CB_2~i-9~zzz~'];
    assert.equal(read(cookies.map((value) => `${NAME}=${value}`).join('; '))?.instanceId, 'i-3');
  });

  it('never throws on what a client may send, and reads nothing that is not in its form', () => {
    const piece = fc.oneof(
      fc.constantFrom(`${NAME}=`, 'CB_1', '~', 'i-1', '1', SESSION, '; ', '"', '='),
      fc.string({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const companion = read(pieces.join(''));
        if (companion === undefined) return;
        assert.match(companion.instanceId, /^[A-Za-z0-9._:-]{1,128}$/);
        assert.match(companion.session, /^(?:[0-9a-f]{24})?$/);
        assert.ok(Number.isSafeInteger(companion.boundAt) && companion.boundAt >= 0);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a client that was bound to a node', () => {
  const bound = (instanceId: string, boundAt: number): Companion => ({ instanceId, boundAt, session: '' });

  it('has lost its session when another process was first seen there later', () => {
    assert.equal(isOfGoneInstance(bound('i-1', 1999), node), true);
  });

  it('is at home when the process is the same, also for a proxy that was started only now', () => {
    assert.equal(isOfGoneInstance(bound('i-2', 1), node), false);
    assert.equal(isOfGoneInstance(bound('i-2', 3000), node), false);
  });

  it('is ahead of this proxy when it was bound to yet another process after that', () => {
    assert.equal(isOfGoneInstance(bound('i-3', 2000), node), false);
    assert.equal(isOfGoneInstance(bound('i-3', 2001), node), false);
  });

  it('is believed to be at home when the node does not say which process it is', () => {
    assert.equal(isOfGoneInstance(bound('i-1', 1), aNode(0, { instanceId: undefined })), false);
  });
});
