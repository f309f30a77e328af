/** What the benchmarks' command lines are read with. */
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** Thrown for a command line that makes no sense; the message is one line for the user. */
export class UsageError extends Error {}

/** The values of the options. Throws `UsageError` for one that there is not. */
export function parseOptions<const Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Of every benchmark in rounds, with what `readRounds` reads of them. */
export const ROUND_OPTIONS = {
  rounds: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '3' },
  connections: { type: 'string', default: '64' },
  scenarios: { type: 'string' },
  json: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

type Rounds = { readonly rounds: number; readonly seconds: number; readonly connections: number };

export function readRounds(values: Readonly<Record<keyof Rounds, string>>): Rounds {
  return {
    rounds: positive('--rounds', values.rounds),
    seconds: positive('--seconds', values.seconds),
    connections: positive('--connections', values.connections),
  };
}

export function positive(option: string, text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new UsageError(`${option}: expected a whole number above 0, got ${text}`);
}

export function names(option: string, text: string | undefined, known: readonly string[]): string[] | undefined {
  const given = text?.split(',');
  const unknown = given?.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`${option}: expected some of ${known.join(', ')}, got ${unknown}`);
  return given;
}
