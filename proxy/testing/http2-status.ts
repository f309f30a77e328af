/**
 * The status of an answer's first header block, in the few ways that nghttp2 writes it (RFC 7541, appendices A and B).
 */
import assert from 'node:assert/strict';

/** By the first byte of a block: those of the static table. */
export const STATIC_STATUSES: Readonly<Record<number, number>> = {
  136: 200,
  137: 204,
  138: 206,
  139: 304,
  140: 400,
  141: 404,
  142: 500,
};

/** `:status`, whose value is literal and added to the table. */
const LITERAL = 0x48;
const HUFFMAN = 0x80;

export function statusOf(block: Buffer): number {
  const [first = 0, length = 0] = block;
  const known = STATIC_STATUSES[first];
  if (known !== undefined) return known;
  assert.equal(first, LITERAL, 'a status in a form that is not read here');
  const value = block.subarray(2, 2 + (length & ~HUFFMAN));
  return Number((length & HUFFMAN) === 0 ? value.toString('latin1') : digits(value));
}

/** 0, 1 and 2 have five bits, the others six. */
function digits(coded: Buffer): string {
  const bits = [...coded].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  let text = '';
  for (let at = 0; text.length < 3; ) {
    const short = Number.parseInt(bits.slice(at, at + 5), 2);
    const long = Number.parseInt(bits.slice(at, at + 6), 2) - 0x19 + 3;
    text += short <= 2 ? short : long;
    at += short <= 2 ? 5 : 6;
  }
  return text;
}
