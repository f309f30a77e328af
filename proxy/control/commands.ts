/** The commands that ask a proxy, or a configuration, and end. */
import { Argument, type Command, InvalidArgumentError } from 'commander';
import { formatProblem } from '../../config/problems.ts';
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import { VARIABLE_PREFIX } from '../../config/proxy-variables.ts';
import { parseDuration } from '../../config/values.ts';
import { FAILED, INTERRUPTED, INVALID } from '../anchor/exit-codes.ts';
import { sourceText } from '../discovery/dns-watch.ts';
import { type AdminOptions, clientOf, withAdminOptions } from './admin-options.ts';
import { completionScript, NODES_COMMAND, SHELLS, type Shell } from './completion.ts';
import { drainNode, orderNode } from './drain-command.ts';
import { addExplainCommand } from './explain-command.ts';
import { addIncidentsCommand } from './incidents-command.ts';
import { addInitCommand } from './init-command.ts';
import { loadProxy } from './load.ts';
import { Progress } from './progress.ts';
import { addSessionsCommand } from './sessions-command.ts';
import { addStatusCommand } from './status-command.ts';

interface ConfigOption {
  readonly config?: string;
}

interface DrainFlags extends AdminOptions {
  readonly untilEmpty?: true;
  readonly wait?: boolean;
  readonly deadline?: string;
}

export function addCommands(program: Command): void {
  program
    .command('check')
    .description('say whether the configuration is valid, without starting')
    .option('--config <file>', `configuration in YAML; variables that begin with ${VARIABLE_PREFIX} win over it`)
    .action(({ config: file }: ConfigOption) => {
      const config = readConfig(file);
      if (config) process.stdout.write(`configuration ok: ${summary(config)}\n`);
      else process.exitCode = INVALID;
    });

  addInitCommand(program);
  addStatusCommand(program);
  addExplainCommand(program, readConfig);
  addSessionsCommand(program);
  addIncidentsCommand(program);

  orderCommand(program, 'drain')
    .description('give a node no new sessions, so that it can be stopped when its last one has ended')
    .option('--until-empty', 'end the drain at the latest at the deadline: then nothing more goes to the node')
    .option('--wait', 'return when the drain has ended; implies --until-empty')
    .option('--deadline <duration>', 'such as 10m; needs --until-empty or --wait', durationText)
    .action(async (name: string, { untilEmpty, wait = false, deadline, ...admin }: DrainFlags, command: Command) => {
      if (deadline !== undefined && !untilEmpty && !wait)
        command.error('error: --deadline needs --until-empty or --wait');
      const told = progress();
      if (wait) goesOnWithout(name, told);
      process.exit(await drainNode(clientOf(admin), name, { deadline, wait }, told));
    });

  for (const order of ['ready', 'maintenance'] as const) {
    orderCommand(program, order)
      .description(order === 'ready' ? 'give a node back what its health allows' : 'give a node nothing at all')
      .action(async (name: string, admin: AdminOptions) => {
        process.exit(await orderNode(clientOf(admin), name, order, progress()));
      });
  }

  program
    .command('completion')
    .description('write what makes a shell complete commands and options: source <(cobrowse-proxy completion bash)')
    .addArgument(new Argument('<shell>', 'which one').choices(SHELLS))
    .action((shell: Shell) => {
      process.stdout.write(completionScript(program, shell));
    });
  withAdminOptions(program.command(NODES_COMMAND, { hidden: true }))
    .description('write the names of the nodes, a line each')
    .action(async (admin: AdminOptions) => {
      const client = clientOf(admin);
      const status = await client.status();
      if (status.kind === 'ok') process.stdout.write(status.answer.nodes.map(({ name }) => `${name}\n`).join(''));
      else process.exitCode = FAILED;
      await client.close();
    });
}

function goesOnWithout(name: string, progress: Progress): void {
  process.once('SIGINT', () => {
    progress.say(`nobody waits any more, but the drain of ${name} goes on; "cobrowse-proxy ready ${name}" ends it`);
    process.exit(INTERRUPTED);
  });
}

function orderCommand(program: Command, name: string): Command {
  return withAdminOptions(program.command(name).argument('<node>', 'its name in the configuration'));
}

function progress(): Progress {
  return new Progress(process.stdout, process.stderr);
}

function durationText(text: string): string {
  if (parseDuration(text) === undefined) throw new InvalidArgumentError('Expected a duration such as 90s, 10m or 1h.');
  return text;
}

/** undefined when it is not valid: then each problem has its line on stderr. */
function readConfig(file: string | undefined): ProxyConfig | undefined {
  const result = loadProxy(file);
  for (const warning of result.certificates.warnings) process.stderr.write(`warning: ${warning}\n`);
  if (result.ok) return result.config;
  for (const problem of result.problems) process.stderr.write(`${formatProblem(problem)}\n`);
  return undefined;
}

function summary({ nodes, discovery, listeners, admin, workers, balance }: ProxyConfig): string {
  const sources = discovery.dns.map((source) => `those of ${sourceText(source)}`);
  const names = [...nodes.map((node) => node.name), ...sources].join(', ');
  const on = listeners.map(({ host, port, tls }) => `${host}:${port}${tls ? ' (TLS)' : ''}`).join(', ');
  return `nodes ${names}; listening on ${on}; admin on ${admin.host}:${admin.port}; workers ${workers}; ${balance}`;
}
