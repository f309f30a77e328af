/** `npm run bench:failover`: every contender under every fault, alternating, then what must hold. Leaves nothing behind. */
import { writeFileSync } from 'node:fs';
import { UsageError } from '../options.ts';
import { failoverContenders, OURS } from './contenders.ts';
import type { Fault } from './faults.ts';
import { measure } from './measure.ts';
import { judge } from './must-hold.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import { type FaultReport, type Result, renderReport } from './report.ts';
import { runTrial } from './trial.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

// Leaving through process.exit runs the cluster's clean-up, which kills every process group and removes the files.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.once(signal, () => process.exit(code));
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) console.log(USAGE);
  else process.exitCode = (await bench(options)) ? 0 : 1;
} catch (error) {
  say(error instanceof Error ? `bench: ${error.message}` : String(error));
  process.exit(error instanceof UsageError ? 2 : 1);
}

/** True when everything that must hold did. */
async function bench(options: Options): Promise<boolean> {
  const contenders = failoverContenders(options.program).filter(({ name, missing }) => {
    if (!(options.only?.includes(name) ?? true)) return false;
    const reason = missing();
    if (reason === undefined) return true;
    if (options.only !== undefined || name === OURS) throw new Error(`${name}: ${reason}`);
    say(`without ${name}: ${reason}`);
    return false;
  });
  const reports: FaultReport[] = [];
  for (const fault of options.faults) {
    const results: Result[] = [];
    for (const contender of contenders) {
      if (!concerns(fault, contender.name)) continue;
      say(`${fault.name}: ${contender.name}`);
      const figures = measure(await runTrial(contender, fault, options.trial));
      const checks = contender.name === OURS ? judge(fault.name, figures) : undefined;
      results.push({ contender: contender.name, figures, checks });
    }
    const report = { fault: fault.name, summary: fault.summary, strikes: fault.strikes, results };
    reports.push(report);
    if (options.json !== '-') console.log(`${renderReport(report)}\n`);
  }
  writeJson(options, reports);
  return reports.every(({ results }) => results.every(({ checks }) => checks?.every(({ holds }) => holds) ?? true));
}

function concerns({ only }: Fault, contender: string): boolean {
  return only === undefined || only === contender;
}

function writeJson({ json, trial }: Options, faults: readonly FaultReport[]): void {
  const text = JSON.stringify({ load: trial, faults }, (_, value: unknown) => value ?? null, 2);
  if (json === '-') console.log(text);
  else if (json !== undefined) writeFileSync(json, `${text}\n`);
}
