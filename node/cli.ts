#!/usr/bin/env node
/** `cobrowse-node`: what the operator types. Exit codes: see `run.ts`. */
import { Command, CommanderError } from 'commander';
import { loadConfig } from '../config/load.ts';
import { type NodeConfig, nodeSchema } from '../config/node-schema.ts';
import { formatProblem } from '../config/problems.ts';
import { storeLabel } from '../config/redis-url.ts';
import { addFlags, givenOptions } from './flags.ts';
import { run } from './run.ts';
import { VERSION } from './version.ts';

const PROGRAM = 'cobrowse-node';
const INVALID = 2;

const program = new Command(PROGRAM)
  .description('A co-browse node: REST functions and a live channel for co-browse sessions, and a health check')
  .version(VERSION)
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(oneLine(text)) });

addFlags(program.command('start').description('run the node until SIGTERM or SIGINT')).action(async (values) => {
  const config = readConfig(values);
  process.exit(config ? await run(config) : INVALID);
});

addFlags(program.command('check').description('say whether the configuration is valid, without starting')).action(
  (values) => {
    const config = readConfig(values);
    if (config) process.stdout.write(`configuration ok: ${summary(config)}\n`);
    else process.exitCode = INVALID;
  },
);

for (const command of program.commands) command.version(VERSION);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // commander has printed help, the version or the usage error by now.
  process.exitCode = error.exitCode === 0 ? 0 : INVALID;
}

/** undefined when it is not valid: then each problem has its line on stderr. */
function readConfig(values: Readonly<Record<string, string>>): NodeConfig | undefined {
  const { config: file, flags } = givenOptions(values);
  const result = loadConfig(nodeSchema, { file, environment: process.env, prefix: 'COBROWSE_NODE_', flags });
  if (result.ok) return result.config;
  for (const problem of result.problems) process.stderr.write(`${formatProblem(problem)}\n`);
  return undefined;
}

function summary({ name, host, port, base, store, metrics }: NodeConfig): string {
  const shown = metrics.port === undefined ? 'no metrics' : `metrics on ${metrics.host}:${metrics.port}`;
  return `${name}; listening on ${host}:${port}${base}; store ${storeLabel(store.url)}; ${shown}`;
}

/** commander writes suggestions on lines of their own. */
function oneLine(text: string): string {
  return `${PROGRAM}: ${text
    .trim()
    .replace(/^error: /, '')
    .replace(/\s+/g, ' ')}\n`;
}
