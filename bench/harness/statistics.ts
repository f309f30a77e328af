/** Medians with their spread. */

export type Spread = { readonly median: number; readonly min: number; readonly max: number };

/** Median, least and greatest of `values`, gaps left out; undefined when there are none. */
export function spreadOf(values: readonly (number | undefined)[]): Spread | undefined {
  const sorted = values.filter((value) => value !== undefined).toSorted((a, b) => a - b);
  const min = sorted[0];
  const max = sorted.at(-1);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (min === undefined || max === undefined || upper === undefined || lower === undefined) return undefined;
  return { median: (lower + upper) / 2, min, max };
}

/**
 * `values[i] / references[i]` for each round: what disturbs the machine during a round disturbs both, so the ratio of
 * a round is steadier than the ratio of two medians.
 */
export function pairedRatios(
  values: readonly (number | undefined)[],
  references: readonly (number | undefined)[],
): Spread | undefined {
  return spreadOf(
    values.flatMap((value, round) => {
      const reference = references[round];
      // One that is not above 0 is a difference that was lost in noise.
      return value === undefined || reference === undefined || reference <= 0 ? [] : [value / reference];
    }),
  );
}

/** `values[i] - bases[i]` for each round, for the same reason. */
export function pairedDifferences(
  values: readonly (number | undefined)[],
  bases: readonly (number | undefined)[],
): (number | undefined)[] {
  return values.map((value, round) => {
    const base = bases[round];
    return value === undefined || base === undefined ? undefined : value - base;
  });
}
