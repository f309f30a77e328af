/** `npm run soak`. Leaves nothing behind. */
import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { UsageError } from '../options.ts';
import { readOptions, USAGE } from './options.ts';
import { render, report } from './report.ts';
import { soak } from './soak.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const MOST_SEED = 10_000_000;
let seed: number | undefined;

// Leaving through process.exit runs the soak's clean-up, which kills every process group and removes the files.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.once(signal, () => process.exit(code));
}

try {
  const options = readOptions(process.argv.slice(2), randomInt(1, MOST_SEED));
  if (options === undefined) console.log(USAGE);
  else {
    const { json } = options;
    seed = options.seed;
    say(`seed ${seed}`);
    const result = report(await soak({ ...options, say }));
    const text = JSON.stringify(result, null, 2);
    console.log(json === '-' ? text : render(result));
    if (json !== undefined && json !== '-') writeFileSync(json, `${text}\n`);
    process.exitCode = result.holds ? 0 : 1;
  }
} catch (error) {
  say(
    error instanceof Error ? `soak${seed === undefined ? '' : ` with seed ${seed}`}: ${error.message}` : String(error),
  );
  process.exit(error instanceof UsageError ? 2 : 1);
}
