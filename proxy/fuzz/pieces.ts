/** How reads cut what was sent: anywhere. */

/** The latin1 text in pieces, cut at these places, taken modulo its length. None of them is empty. */
export function pieces(text: string, cuts: readonly number[]): Buffer[] {
  const buffer = Buffer.from(text, 'latin1');
  const places = [...new Set(cuts.map((cut) => cut % (buffer.length + 1)))].sort((a, b) => a - b);
  const result: Buffer[] = [];
  let start = 0;
  for (const end of [...places, buffer.length]) {
    if (end > start) result.push(buffer.subarray(start, end));
    start = Math.max(start, end);
  }
  return result;
}
