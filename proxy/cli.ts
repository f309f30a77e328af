#!/usr/bin/env node
/** `cobrowse-proxy`: what the operator types. Exit codes: see `control/run.ts` and `control/drain-command.ts`. */
import { Command, InvalidArgumentError } from 'commander';
import { type LoadResult, loadConfig } from '../config/load.ts';
import { formatProblem } from '../config/problems.ts';
import { type ProxyConfig, proxySchema } from '../config/proxy-schema.ts';
import { readTextFile } from '../config/text-file.ts';
import { parseDuration } from '../config/values.ts';
import { AdminClient } from './control/admin-client.ts';
import { drainNode, orderNode } from './control/drain-command.ts';
import { addIncidentsCommand } from './control/incidents-command.ts';
import { Progress } from './control/progress.ts';
import { run } from './control/run.ts';
import { VERSION } from './control/version.ts';

/** The configuration or the command line is not valid. */
const INVALID = 2;
const PREFIX = 'COBROWSE_PROXY_';

interface ConfigOption {
  readonly config?: string;
}

interface AdminOptions {
  readonly admin: string;
  readonly token?: string;
  readonly tokenFile?: string;
}

interface DrainFlags extends AdminOptions {
  readonly untilEmpty?: true;
  readonly wait?: boolean;
  readonly deadline?: string;
}

const program = new Command('cobrowse-proxy')
  .description('Load balancer with session affinity for co-browse nodes')
  .version(VERSION)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : INVALID));

program
  .command('start')
  .description('run the proxy until SIGTERM or SIGINT')
  .option('--config <file>', `configuration in YAML; variables that begin with ${PREFIX} win over it`)
  .action(async ({ config: file }: ConfigOption) => {
    const config = readConfig(file);
    process.exit(config ? await run(config, { file, load: () => load(file) }) : INVALID);
  });

program
  .command('check')
  .description('say whether the configuration is valid, without starting')
  .option('--config <file>', `configuration in YAML; variables that begin with ${PREFIX} win over it`)
  .action(({ config: file }: ConfigOption) => {
    const config = readConfig(file);
    if (config) process.stdout.write(`configuration ok: ${summary(config)}\n`);
    else process.exitCode = INVALID;
  });

adminCommand('drain')
  .description('give a node no new sessions, so that it can be stopped when its last one has ended')
  .option('--until-empty', 'end the drain at the latest at the deadline: then nothing more goes to the node')
  .option('--wait', 'return when the drain has ended; implies --until-empty')
  .option('--deadline <duration>', 'such as 10m; needs --until-empty or --wait', durationText)
  .action(async (name: string, { untilEmpty, wait = false, deadline, ...admin }: DrainFlags, command: Command) => {
    if (deadline !== undefined && !untilEmpty && !wait)
      command.error('error: --deadline needs --until-empty or --wait');
    process.exit(await drainNode(clientOf(admin), name, { deadline, wait }, progress()));
  });

for (const order of ['ready', 'maintenance'] as const) {
  adminCommand(order)
    .description(order === 'ready' ? 'give a node back what its health allows' : 'give a node nothing at all')
    .action(async (name: string, admin: AdminOptions) => {
      process.exit(await orderNode(clientOf(admin), name, order, progress()));
    });
}

addIncidentsCommand(program, urlText);

await program.parseAsync();

function adminCommand(name: string): Command {
  return program
    .command(name)
    .argument('<node>', 'its name in the configuration')
    .option('--admin <url>', 'the admin listener of the proxy', urlText, 'http://127.0.0.1:9700')
    .option('--token <token>', `the admin token; else ${PREFIX}ADMIN_TOKEN`)
    .option('--token-file <file>', 'a file that holds it');
}

function clientOf({ admin, token, tokenFile }: AdminOptions): AdminClient {
  const given = tokenFile === undefined ? token : tokenIn(tokenFile);
  return new AdminClient({ url: admin, token: given ?? process.env[`${PREFIX}ADMIN_TOKEN`] ?? '' });
}

function tokenIn(file: string): string {
  const read = readTextFile(file);
  if (read.ok) return read.text.trim();
  return program.error(`error: ${file}: ${read.reason}`);
}

function progress(): Progress {
  return new Progress(process.stdout, process.stderr);
}

function durationText(text: string): string {
  if (parseDuration(text) === undefined) throw new InvalidArgumentError('Expected a duration such as 90s, 10m or 1h.');
  return text;
}

function urlText(text: string): string {
  if (/^http:\/\/[^/?#@]+\/?$/.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError('Expected a URL such as http://127.0.0.1:9700.');
}

function load(file: string | undefined): LoadResult<ProxyConfig> {
  return loadConfig(proxySchema, { file, environment: process.env, prefix: PREFIX });
}

/** undefined when it is not valid: then each problem has its line on stderr. */
function readConfig(file: string | undefined): ProxyConfig | undefined {
  const result = load(file);
  if (result.ok) return result.config;
  for (const problem of result.problems) process.stderr.write(`${formatProblem(problem)}\n`);
  return undefined;
}

function summary({ nodes, listeners, admin, workers, balance }: ProxyConfig): string {
  const names = nodes.map((node) => node.name).join(', ');
  const on = listeners.map(({ host, port }) => `${host}:${port}`).join(', ');
  return `nodes ${names}; listening on ${on}; admin on ${admin.host}:${admin.port}; workers ${workers}; ${balance}`;
}
