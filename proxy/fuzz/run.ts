/** `npm run fuzz`: round after round of all targets, by turns, until the time is over or something is found. */
import { randomInt } from 'node:crypto';
import { type FuzzOptions, readOptions, USAGE, UsageError } from './options.ts';
import type { OpenTarget, Target } from './target.ts';

const MOST_SEED = 100_000_000;

interface Progress {
  rounds: number;
  compared: number;
}

try {
  const options = readOptions(process.argv.slice(2), randomInt(1, MOST_SEED));
  if (options === undefined) console.log(USAGE);
  else process.exitCode = await fuzz(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`fuzz: ${error.message}`);
  process.exitCode = 2;
}

/** The exit code. */
async function fuzz({ targets, durationMs, seed, rounds }: FuzzOptions): Promise<number> {
  const end = performance.now() + durationMs;
  const progress = new Map<Target, Progress>(targets.map((target) => [target, { rounds: 0, compared: 0 }]));
  const open = new Map<Target, OpenTarget>();
  console.log(`from seed ${seed} on`);
  try {
    for (const target of targets) open.set(target, await target.open());
    for (let round = 0; round < rounds && performance.now() < end; round++) {
      for (const [target, opened] of open) {
        if (!(await play(target, opened, seed + round, progress.get(target)))) return 1;
      }
    }
  } finally {
    for (const opened of open.values()) await opened.close();
    for (const [{ name }, { rounds: played, compared }] of progress) {
      console.log(`${name}: ${played} rounds, ${compared.toLocaleString('en')} inputs compared`);
    }
  }
  return 0;
}

/** False when something was found. */
async function play(
  target: Target,
  opened: OpenTarget,
  seed: number,
  progress: Progress | undefined,
): Promise<boolean> {
  const { compared, finding } = await opened.round(seed, target.runs);
  if (progress !== undefined) {
    progress.rounds++;
    progress.compared += compared;
  }
  if (finding === undefined) return true;
  console.log(`\nfound by ${target.name}, seed ${seed}:\n\n${finding.input}\n\n${finding.reason}\n`);
  console.log(`again: npm run fuzz -- --only ${target.name} --seed ${seed} --rounds 1`);
  console.log(
    'keep:  as a case of proxy/http/corpus/found.ts, or where it needs more than its bytes, as a test of its own\n',
  );
  return false;
}
