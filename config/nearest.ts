/** "Did you mean": the known word nearest to a mistyped one. */

/**
 * The candidate with the fewest typing errors (a letter missing, added, changed, or two swapped), if these are at most
 * a third of the word. Case, `-` and `_` make no difference, so `server_url` is near `serverUrl`.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = plain(word);
  if (wanted.length > 128) return undefined;
  let least = Math.floor(wanted.length / 3) + 1;
  let best: string | undefined;
  for (const candidate of candidates) {
    const known = plain(candidate);
    if (Math.abs(known.length - wanted.length) >= least) continue;
    const errors = typingErrors(wanted, known);
    if (errors < least) {
      least = errors;
      best = candidate;
    }
  }
  return best;
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[-_]/g, '');
}

/** Optimal string alignment distance, row by row. */
function typingErrors(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
        swapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
