/** Makes a finding readable: leaves out whatever is not needed to see it. */

/**
 * The input with the shortest bytes that still fails, as far as leaving out ranges gets: halves first, single bytes
 * last (ddmin, Zeller 2002). `fails`: tries an input.
 */
export async function smallestBytes<Input extends { readonly bytes: string }>(
  input: Input,
  fails: (input: Input) => Promise<boolean>,
): Promise<Input> {
  let best = input;
  for (let size = Math.ceil(input.bytes.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    let start = 0;
    while (start < best.bytes.length) {
      const without = { ...best, bytes: best.bytes.slice(0, start) + best.bytes.slice(start + size) };
      if (await fails(without)) best = without;
      else start += size;
    }
  }
  return best;
}
