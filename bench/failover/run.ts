/**
 * `npm run bench:failover`: every contender under every fault, alternating, then what must hold. Leaves nothing behind.
 */
import { cpus } from 'node:os';
import { runCommand, say, writeJson } from '../harness/command.ts';
import type { Contender } from '../harness/contender.ts';
import { FAILOVER_CONTENDERS, OURS } from './contenders.ts';
import type { Fault } from './fault.ts';
import { measure } from './measure.ts';
import { judge } from './must-hold.ts';
import { runInNamespace } from './namespace.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import { allHold, type FaultReport, type Result, renderReport } from './report.ts';
import { runTrial, type Trial } from './trial.ts';

await runCommand(async () => {
  const options = readOptions(process.argv.slice(2));
  if (options !== undefined) return (await bench(options)) ? 0 : 1;
  console.log(USAGE);
  return 0;
});

/** True when everything that must hold did. */
async function bench(options: Options): Promise<boolean> {
  const contenders = chooseContenders(options);
  const reports: FaultReport[] = [];
  for (const fault of options.faults) {
    const report = await tryFault(fault, contenders, options);
    reports.push(report);
    if (options.json !== '-') console.log(`${renderReport(report)}\n`);
  }
  writeJson(options.json, jsonOf(options, reports));
  return allHold(reports);
}

/** All that were asked for; without `--only`, a peer that is not installed is named and left out. */
function chooseContenders({ only }: Options): Contender[] {
  return FAILOVER_CONTENDERS.filter(({ name, missing }) => {
    if (!(only?.includes(name) ?? true)) return false;
    const reason = missing();
    if (reason === undefined) return true;
    if (only !== undefined) throw new Error(`${name}: ${reason}`);
    say(`without ${name}: ${reason}`);
    return false;
  });
}

async function tryFault(fault: Fault, contenders: readonly Contender[], options: Options): Promise<FaultReport> {
  const { name, summary, strikes } = fault;
  const skipped = fault.missing?.();
  const results: Result[] = [];
  for (const contender of skipped === undefined ? contenders : []) {
    if (!concerns(fault, contender.name)) continue;
    say(`${name}: ${contender.name}`);
    const figures = measure(await tryContender(contender, fault, options));
    const checks = contender.name === OURS ? judge(name, figures) : undefined;
    results.push({ contender: contender.name, figures, checks });
  }
  return { fault: name, summary, strikes, skipped, results };
}

function tryContender(contender: Contender, fault: Fault, { trial }: Options): Promise<Trial> {
  return fault.nodes !== 'bundled' && fault.victimHost !== undefined
    ? runInNamespace(contender.name, fault, trial)
    : runTrial(contender, fault, trial);
}

function concerns({ only }: Fault, contender: string): boolean {
  return only === undefined || only === contender;
}

function jsonOf({ trial }: Options, faults: readonly FaultReport[]): string {
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, Node.js ${process.versions.node}`;
  const report = { machine, load: trial, allHold: allHold(faults), faults };
  return JSON.stringify(report, (_, value: unknown) => value ?? null, 2);
}
