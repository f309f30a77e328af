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
