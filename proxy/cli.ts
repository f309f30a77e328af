#!/usr/bin/env node
/** `cobrowse-proxy`: what the operator types. Exit codes: see `control/run.ts`. */
import { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import { formatProblem } from '../config/problems.ts';
import { type ProxyConfig, proxySchema } from '../config/proxy-schema.ts';
import { run } from './control/run.ts';
import { VERSION } from './control/version.ts';

const INVALID_CONFIG = 2;

interface ConfigOption {
  readonly config?: string;
}

const program = new Command('cobrowse-proxy')
  .description('Load balancer with session affinity for co-browse nodes')
  .version(VERSION);

program
  .command('start')
  .description('run the proxy until SIGTERM or SIGINT')
  .option('--config <file>', 'configuration in YAML; variables that begin with COBROWSE_PROXY_ win over it')
  .action(async ({ config: file }: ConfigOption) => {
    const config = readConfig(file);
    process.exit(config ? await run(config) : INVALID_CONFIG);
  });

program
  .command('check')
  .description('say whether the configuration is valid, without starting')
  .option('--config <file>', 'configuration in YAML; variables that begin with COBROWSE_PROXY_ win over it')
  .action(({ config: file }: ConfigOption) => {
    const config = readConfig(file);
    if (config) process.stdout.write(`configuration ok: ${summary(config)}\n`);
    else process.exitCode = INVALID_CONFIG;
  });

await program.parseAsync();

/** undefined when it is not valid: then each problem has its line on stderr. */
function readConfig(file: string | undefined): ProxyConfig | undefined {
  const result = loadConfig(proxySchema, { file, environment: process.env, prefix: 'COBROWSE_PROXY_' });
  if (result.ok) return result.config;
  for (const problem of result.problems) process.stderr.write(`${formatProblem(problem)}\n`);
  return undefined;
}

function summary({ nodes, listeners, admin, workers, balance }: ProxyConfig): string {
  const names = nodes.map((node) => node.name).join(', ');
  const on = listeners.map(({ host, port }) => `${host}:${port}`).join(', ');
  return `nodes ${names}; listening on ${on}; admin on ${admin.host}:${admin.port}; workers ${workers}; ${balance}`;
}
