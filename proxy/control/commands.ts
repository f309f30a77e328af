/** The commands that ask a proxy, or a configuration, and end. */
import { type Command, InvalidArgumentError } from 'commander';
import { formatProblem } from '../../config/problems.ts';
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import { readTextFile } from '../../config/text-file.ts';
import { parseDuration } from '../../config/values.ts';
import { INVALID } from '../anchor/exit-codes.ts';
import { AdminClient } from './admin-client.ts';
import { drainNode, orderNode } from './drain-command.ts';
import { addIncidentsCommand } from './incidents-command.ts';
import { loadProxy, VARIABLE_PREFIX } from './load.ts';
import { Progress } from './progress.ts';

interface ConfigOption {
  readonly config?: string;
}

interface AdminOptions {
  readonly admin: string;
  readonly token?: string;
  /** What is in it. */
  readonly tokenFile?: string;
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

  adminCommand(program, 'drain')
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
    adminCommand(program, order)
      .description(order === 'ready' ? 'give a node back what its health allows' : 'give a node nothing at all')
      .action(async (name: string, admin: AdminOptions) => {
        process.exit(await orderNode(clientOf(admin), name, order, progress()));
      });
  }

  addIncidentsCommand(program, urlText);
}

function adminCommand(program: Command, name: string): Command {
  return program
    .command(name)
    .argument('<node>', 'its name in the configuration')
    .option('--admin <url>', 'the admin listener of the proxy', urlText, 'http://127.0.0.1:9700')
    .option('--token <token>', `the admin token; else ${VARIABLE_PREFIX}ADMIN_TOKEN`)
    .option('--token-file <file>', 'a file that holds it', tokenIn);
}

function clientOf({ admin, token, tokenFile }: AdminOptions): AdminClient {
  return new AdminClient({
    url: admin,
    token: tokenFile ?? token ?? process.env[`${VARIABLE_PREFIX}ADMIN_TOKEN`] ?? '',
  });
}

function tokenIn(file: string): string {
  const read = readTextFile(file);
  if (read.ok) return read.text.trim();
  throw new InvalidArgumentError(`${file}: ${read.reason}`);
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

/** undefined when it is not valid: then each problem has its line on stderr. */
function readConfig(file: string | undefined): ProxyConfig | undefined {
  const result = loadProxy(file);
  for (const warning of result.certificates.warnings) process.stderr.write(`warning: ${warning}\n`);
  if (result.ok) return result.config;
  for (const problem of result.problems) process.stderr.write(`${formatProblem(problem)}\n`);
  return undefined;
}

function summary({ nodes, listeners, admin, workers, balance }: ProxyConfig): string {
  const names = nodes.map((node) => node.name).join(', ');
  const on = listeners.map(({ host, port, tls }) => `${host}:${port}${tls ? ' (TLS)' : ''}`).join(', ');
  return `nodes ${names}; listening on ${on}; admin on ${admin.host}:${admin.port}; workers ${workers}; ${balance}`;
}
