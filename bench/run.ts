/**
 * `npm run bench`: starts the nodes and every contender, runs the scenarios, prints the tables, leaves nothing behind.
 */
import { cpus } from 'node:os';
import { bareRelay, CONTENDERS, cobrowseProxy, REFERENCES } from './contenders.ts';
import { runCommand, say, writeJson } from './harness/command.ts';
import type { Contender } from './harness/contender.ts';
import { openFiles } from './harness/limits.ts';
import { Lineup } from './harness/lineup.ts';
import { chooseGenerator, type LoadGenerator } from './harness/load.ts';
import { renderScenario } from './harness/report.ts';
import { runScenario, type ScenarioResult } from './harness/rounds.ts';
import { Site } from './harness/site.ts';
import { renderSummary } from './harness/summary.ts';
import { type Options, readOptions, USAGE } from './options.ts';

await runCommand(async () => {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) console.log(USAGE);
  else await bench(options);
  return 0;
});

async function bench(options: Options): Promise<void> {
  const contenders = chooseContenders(options);
  const site = await Site.open();
  const generator = chooseGenerator(site, options.generator);
  const conditions = describe(options, site, generator);
  if (options.json !== '-') console.log(conditions.join('\n'));

  const { connections, idle, rounds, seconds } = options;
  const lineup = new Lineup(contenders, isWanted('direct', options.only), site);
  const means = { generator, place: site, connections, idle, seconds };
  const results: ScenarioResult[] = [];
  for (const scenario of options.scenarios) {
    const entrants = await lineup.entrants(scenario);
    const result = await runScenario(scenario, entrants, { means, rounds, say });
    results.push(result);
    if (options.json !== '-') console.log(`\n${renderScenario(result, REFERENCES)}`);
  }
  await lineup.stop();
  await site.close();
  const summary = renderSummary(results, cobrowseProxy.name, [...REFERENCES, bareRelay.name]);
  if (summary !== undefined && options.json !== '-') console.log(`\n${summary}`);

  writeJson(options.json, JSON.stringify({ conditions, rounds, seconds, results }, undefined, 2));
}

/** All that were asked for; without `--only`, a peer that is not installed is named and left out. */
function chooseContenders({ only }: Options): Contender[] {
  return CONTENDERS.filter(({ name, missing }) => {
    if (!isWanted(name, only)) return false;
    const reason = missing();
    if (reason === undefined) return true;
    if (only !== undefined) throw new Error(`${name}: ${reason}`);
    say(`without ${name}: ${reason}`);
    return false;
  });
}

function isWanted(name: string, only: Options['only']): boolean {
  return only?.includes(name) ?? true;
}

function describe(options: Options, { pinning }: Site, generator: LoadGenerator): string[] {
  const { rounds, seconds, connections, idle } = options;
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  const pinned =
    pinning.proxy === undefined
      ? 'processes not pinned'
      : `contender on CPU ${pinning.proxy}, load generator and nodes on CPU ${pinning.load}`;
  return [
    `${cpus().length} × ${model}, Node.js ${process.versions.node}; ${pinned}`,
    `${connections} connections by ${generator.name}, ${rounds} alternating rounds of ${seconds} s each`,
    ...(options.scenarios.some(({ fresh }) => fresh) ? [`${idle} idle connections, of ${openFiles()} open files`] : []),
  ];
}
