/** The command line of `npm run soak`. */
import { parseOptions, positive, UsageError } from '../harness/arguments.ts';

export const USAGE = `npm run soak -- [options]

  --minutes N      how long faults and load go on (10); fractions are fine
  --seed N         the faults' order and times; printed when it is not given
  --scale N        clients of each kind, as a share of the usual number (1)
  --json FILE|-    the report as JSON to a file, or to standard output instead of the text
  --help

Ends with 1 when something that must hold does not.`;

export type Options = {
  readonly seed: number;
  readonly durationMs: number;
  readonly scale: number;
  readonly json: string | undefined;
};

/**
 * Reads the arguments, or undefined when help was asked for. `anySeed`: for when none is given. Throws `UsageError`.
 */
export function readOptions(args: readonly string[], anySeed: number): Options | undefined {
  const { help, seed, minutes, scale, json } = parseOptions(args, {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string' },
    scale: { type: 'string', default: '1' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  });
  if (help) return undefined;
  return {
    seed: seed === undefined ? anySeed : positive('--seed', seed),
    durationMs: amount('--minutes', minutes) * 60_000,
    scale: amount('--scale', scale),
    json,
  };
}

function amount(option: string, text: string): number {
  if (/^\d{1,4}(?:\.\d{1,3})?$/.test(text) && Number(text) > 0) return Number(text);
  throw new UsageError(`${option}: expected a number above 0, got ${text}`);
}
