import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ChunkedReader } from './chunked.ts';

interface Decoded {
  readonly data: string;
  readonly trailers: string;
  readonly done: boolean;
  /** Bytes used, or -1 when the coding is malformed. */
  readonly used: number;
}

/** Feeds the coding in pieces that end at these positions and at its end. */
function decode(coding: string, cuts: readonly number[] = []): Decoded {
  const buffer = Buffer.from(coding, 'latin1');
  const reader = new ChunkedReader();
  let data = '';
  let used = 0;
  const sink = {
    onChunkData: (bytes: Buffer, start: number, end: number): void => {
      data += bytes.toString('latin1', start, end);
    },
  };
  for (const stop of [...cuts, buffer.length].sort((a, b) => a - b)) {
    if (reader.done || stop <= used) continue;
    used = reader.feed(buffer, used, stop, sink);
    if (used < 0) break;
    assert.ok(reader.done || used === stop, 'all is used until the end');
  }
  return { data, trailers: reader.trailers, done: reader.done, used };
}

const chunk = fc
  .tuple(
    fc.string({
      unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)),
      minLength: 1,
      maxLength: 40,
    }),
    fc.nat({ max: 4 }),
    fc.boolean(),
    fc.constantFrom('', ';a', ';a=b', ';a="\xe9; \\""', ';a;b=c'),
  )
  .map(([data, zeros, upper, extension]) => {
    const size = `${'0'.repeat(zeros)}${data.length.toString(16)}`;
    return { data, coding: `${upper ? size.toUpperCase() : size}${extension}\r\n${data}\r\n` };
  });
const message = fc
  .tuple(
    fc.array(chunk, { maxLength: 6 }),
    fc.constantFrom('0', '00', '00000000', '0;x'),
    fc.constantFrom('', 'X: 1\r\n'),
  )
  .map(([chunks, last, trailers]) => ({
    data: chunks.map(({ data }) => data).join(''),
    trailers,
    coding: `${chunks.map(({ coding }) => coding).join('')}${last}\r\n${trailers}\r\n`,
  }));

describe('the chunked coding', () => {
  it('gives the same data however it is cut into reads, and leaves what follows', () => {
    fc.assert(
      fc.property(message, fc.array(fc.nat({ max: 400 })), fc.string(), ({ data, trailers, coding }, cuts, behind) => {
        const inside = cuts.map((cut) => cut % (coding.length + 1));
        assert.deepEqual(decode(coding + behind, inside), { data, trailers, done: true, used: coding.length });
      }),
    );
  });

  it('is not done before its last byte', () => {
    fc.assert(
      fc.property(message, fc.nat(), ({ coding }, cut) => {
        const part = coding.slice(0, cut % coding.length);
        const { done, used } = decode(part);
        assert.deepEqual({ done, used }, { done: false, used: part.length });
      }),
    );
  });

  it('is malformed at the same byte however it is cut', () => {
    const coding = '5\r\nhello\r\n5 \r\nhello\r\n0\r\n\r\n';
    for (let cut = 0; cut <= coding.length; cut++) {
      assert.deepEqual(decode(coding, [cut]), { data: 'hello', trailers: '', done: false, used: -1 });
    }
  });

  it('has sizes of up to 8 hex digits', () => {
    assert.equal(decode('ffffffff\r\n').used, 10);
    assert.equal(decode('000000001\r\n').used, -1);
  });

  it('has up to 4 KiB of extensions in all', () => {
    const coding = (bytes: number) => `1;${'a'.repeat(2000)}\r\nx\r\n0;${'b'.repeat(bytes - 2000)}\r\n\r\n`;
    assert.ok(decode(coding(4096)).done);
    assert.equal(decode(coding(4097)).used, -1);
  });

  it('has up to 8 KiB of trailers, however they are cut', () => {
    const coding = (bytes: number) => `0\r\nX: ${'x'.repeat(bytes - 'X: \r\n\r\n'.length)}\r\n\r\n`;
    for (const cuts of [[], [3], [4, 5, 6], [8000], [8190]]) {
      assert.ok(decode(coding(8192), cuts).done, `8192 ${cuts}`);
      assert.equal(decode(coding(8193), cuts).used, -1, `8193 ${cuts}`);
    }
  });

  it('gives up on trailers without an end', () => {
    assert.equal(decode(`0\r\nX: ${'x'.repeat(8192)}`, [5000]).used, -1);
  });
});
