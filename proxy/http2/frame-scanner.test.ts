import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { dataFrame, frame, headersFrame, resetFrame, word } from '../testing/http2-frames.ts';
import { type Frame, FrameScanner, type FrameVerdict } from './frame-scanner.ts';
import { GOAWAY, PING, PRIORITY, SETTINGS, WINDOW_UPDATE } from './frames.ts';

interface Scanned {
  readonly frames: readonly Frame[];
  /** What went on, and whether it was all read. */
  readonly passed: Buffer;
  readonly whole: boolean;
}

function scan(bytes: Buffer, cuts: readonly number[], rule: (frame: Frame) => FrameVerdict): Scanned {
  const frames: Frame[] = [];
  const passed: Buffer[] = [];
  const scanner = new FrameScanner((seen) => {
    frames.push({ ...seen });
    return rule(seen);
  });
  let at = 0;
  let whole = true;
  for (const cut of [...cuts.map((n) => n % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    whole = scanner.feed(bytes.subarray(at, cut), (range) => passed.push(Buffer.from(range)));
    at = cut;
  }
  return { frames, passed: Buffer.concat(passed), whole };
}

const anyFrame = fc
  .tuple(
    fc.integer({ min: 0, max: 12 }),
    fc.integer({ min: 0, max: 255 }),
    fc.nat({ max: 99 }),
    fc.uint8Array({ maxLength: 40 }),
  )
  .map(([type, flags, stream, payload]) => frame(type, flags, stream, Buffer.from(payload)));
const anyCuts = fc.array(fc.nat({ max: 2_000 }), { maxLength: 30 });

describe('a frame scanner', () => {
  it('hands on every byte of what may pass, wherever it is cut', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 20 }), anyCuts, (list, cuts) => {
        const bytes = Buffer.concat(list);
        const { frames, passed, whole } = scan(bytes, cuts, () => 'pass');
        assert.ok(whole);
        assert.deepEqual(passed, bytes);
        assert.deepEqual(
          frames.map(({ type, flags, stream, length }) => [type, flags, stream, length]),
          list.map((one) => [one[3], one[4], one.readUInt32BE(5), one.length - 9]),
        );
      }),
    );
  });

  it('leaves short control frames out, and nothing else, wherever it is cut', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 20 }), anyCuts, (list, cuts) => {
        const others = list.filter((one) => {
          const short = { [PING]: 8, [PRIORITY]: 5, [WINDOW_UPDATE]: 4, 3: 4, [GOAWAY]: 8 }[one[3] as number];
          return one.length > 9 && one.length - 9 !== short;
        });
        const { passed } = scan(Buffer.concat(list), cuts, () => 'drop');
        assert.deepEqual(passed, Buffer.concat(others));
      }),
    );
  });

  it('hands on nothing of the frame that it stops at, nor after', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { minLength: 1, maxLength: 20 }), fc.nat(), anyCuts, (list, n, cuts) => {
        const stopAt = n % list.length;
        let seen = 0;
        const { passed, whole } = scan(Buffer.concat(list), cuts, () => (seen++ === stopAt ? 'stop' : 'pass'));
        assert.equal(whole, false);
        assert.deepEqual(passed, Buffer.concat(list.slice(0, stopAt)));
      }),
    );
  });

  it('tells the words of control frames', () => {
    const bytes = Buffer.concat([
      resetFrame(1, 8),
      frame(WINDOW_UPDATE, 0, 3, word(0xffff_ffff)),
      frame(GOAWAY, 0, 0, Buffer.concat([word(7), word(11), Buffer.from('why')])),
      frame(SETTINGS, 0, 0, Buffer.alloc(6)),
    ]);
    const { frames } = scan(bytes, [3, 15], () => 'pass');
    assert.deepEqual(
      frames.map(({ word: first, next }) => [first, next]),
      [
        [8, 0],
        [0xffff_ffff, 0],
        [7, 11],
        [0, 0],
      ],
    );
  });

  it('knows whether a frame that is no data is under way', () => {
    const scanner = new FrameScanner(() => 'pass');
    const feed = (bytes: Buffer) => scanner.feed(bytes, () => {});
    const head = headersFrame(1);
    const states = [
      head.subarray(0, 4),
      head.subarray(4, 12),
      head.subarray(12),
      dataFrame(1, 'abc').subarray(0, 10),
    ].map((piece) => {
      feed(piece);
      return [scanner.inFrame, scanner.atBoundary];
    });
    assert.deepEqual(states, [
      [true, false],
      [true, false],
      [false, true],
      [false, false],
    ]);
  });
});
