/** `npm run bench:scale`: this proxy alone, small and large, in one run. Leaves nothing behind. */
import { cpus } from 'node:os';
import { runCommand, say, writeJson } from '../harness/command.ts';
import { Entrant } from '../harness/lineup.ts';
import { chooseGenerator } from '../harness/load.ts';
import { renderScenario } from '../harness/report.ts';
import { runScenario, type ScenarioResult } from '../harness/rounds.ts';
import { Site } from '../harness/site.ts';
import type { Drive } from '../scenarios/scenario.ts';
import { MOST_NODES } from './nodes.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import type { ScaleScenario } from './scale-scenario.ts';
import { startVariant } from './variant.ts';

await runCommand(async () => {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) console.log(USAGE);
  else await bench(options);
  return 0;
});

async function bench({ scenarios, rounds, seconds, connections, json }: Options): Promise<void> {
  const site = await Site.open(MOST_NODES);
  const drive = { generator: chooseGenerator(site), place: site, connections, idle: 0, seconds };
  const results: ScenarioResult[] = [];
  for (const scenario of scenarios) {
    const result = await compare(scenario, site, drive, rounds);
    results.push(result);
    if (json !== '-') console.log(`${renderScenario(result, [scenario.variants[0]?.name ?? ''])}\n`);
  }
  await site.close();
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, Node.js ${process.versions.node}`;
  writeJson(json, JSON.stringify({ machine, connections, rounds, seconds, results }, undefined, 2));
}

async function compare(scenario: ScaleScenario, site: Site, drive: Drive, rounds: number): Promise<ScenarioResult> {
  const entrants: Entrant[] = [];
  for (const variant of scenario.variants) entrants.push(await Entrant.enter(() => startVariant(variant, site)));
  const { variants: _, prove, ...rest } = scenario;
  const result = await runScenario({ ...rest, prove: (target) => prove(target, site) }, entrants, {
    drive,
    rounds,
    say,
  });
  for (const entrant of entrants) await entrant.stop();
  return result;
}
