/** The command line of `npm run fuzz`. */
import { parseArgs } from 'node:util';
import type { Target } from './target.ts';
import { TARGETS } from './targets.ts';

const NAMES = TARGETS.map(({ name }) => name);

export const USAGE = `npm run fuzz -- [options]

  --minutes N      how long to search (10); fractions are fine
  --seed N         of the first round; each next one has the next seed (any)
  --only A,B       ${NAMES.join(', ')} (all)
  --rounds N       end after so many rounds of each (none)
  --help

Ends with 1 at the first finding, which it prints with its smallest input and how to see it again.`;

/** The command line cannot be understood. */
export class UsageError extends Error {}

export interface FuzzOptions {
  readonly durationMs: number;
  readonly seed: number;
  readonly rounds: number;
  readonly targets: readonly Target[];
}

/**
 * Reads the arguments, or undefined when help was asked for. `anySeed`: for when none is given. Throws `UsageError`.
 */
export function readOptions(args: readonly string[], anySeed: number): FuzzOptions | undefined {
  const { help, minutes, seed, only, rounds } = parse(args);
  if (help) return undefined;
  const names = only?.split(',') ?? NAMES;
  const unknown = names.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new UsageError(`--only: expected some of ${NAMES.join(', ')}, got ${unknown}`);
  return {
    durationMs: amount('--minutes', minutes) * 60_000,
    seed: seed === undefined ? anySeed : whole('--seed', seed),
    rounds: rounds === undefined ? Number.POSITIVE_INFINITY : whole('--rounds', rounds),
    targets: TARGETS.filter(({ name }) => names.includes(name)),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string', default: '10' },
        seed: { type: 'string' },
        only: { type: 'string' },
        rounds: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function amount(option: string, text: string): number {
  if (/^\d{1,4}(?:\.\d{1,3})?$/.test(text) && Number(text) > 0) return Number(text);
  throw new UsageError(`${option}: expected a number above 0, got ${text}`);
}

function whole(option: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new UsageError(`${option}: expected a whole number from 1 on, got ${text}`);
}
