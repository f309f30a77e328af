/** What every benchmark's command line shares: it leaves nothing behind, and says in one line what went wrong. */
import { writeFileSync } from 'node:fs';
import { UsageError } from './arguments.ts';

const SIGNALS = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const;

/** Progress and complaints; results go to standard output. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Puts a report where `--json` says: to a file, or for `-` to standard output. Nowhere when it is not given. */
export function writeJson(to: string | undefined, text: string): void {
  if (to === '-') console.log(text);
  else if (to !== undefined) writeFileSync(to, `${text}\n`);
}

/** Runs it to its exit code. A `UsageError` ends the process with 2, any other error with 1. */
export async function runCommand(command: () => Promise<number>): Promise<void> {
  // Leaving through process.exit runs the clean-up of whoever has started processes or made files.
  for (const [signal, code] of SIGNALS) process.once(signal, () => process.exit(code));
  try {
    process.exitCode = await command();
  } catch (error) {
    say(error instanceof Error ? `bench: ${error.message}` : String(error));
    process.exit(error instanceof UsageError ? 2 : 1);
  }
}
