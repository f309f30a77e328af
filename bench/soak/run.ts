/** `npm run soak`. Leaves nothing behind. */
import { randomInt } from 'node:crypto';
import { runCommand, say, writeJson } from '../harness/command.ts';
import { readOptions, USAGE } from './options.ts';
import { render, report } from './report.ts';
import { soak } from './soak.ts';

const MOST_SEED = 10_000_000;

await runCommand(async () => {
  const options = readOptions(process.argv.slice(2), randomInt(1, MOST_SEED));
  if (options === undefined) {
    console.log(USAGE);
    return 0;
  }
  say(`seed ${options.seed}`);
  const result = report(await soak({ ...options, say }));
  if (options.json !== '-') console.log(render(result));
  writeJson(options.json, JSON.stringify(result, null, 2));
  return result.holds ? 0 : 1;
});
