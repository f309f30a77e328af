#!/usr/bin/env node
/** `cobrowse-proxy`: what the operator types. Exit codes: see `anchor/exit-codes.ts`. */
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { DEADLINE_PASSED, DONE, FAILED, INTERRUPTED, INVALID } from './anchor/exit-codes.ts';
import { VERSION } from './control/version.ts';

const PROGRAM = 'cobrowse-proxy';
const START = 'start';
const EXIT_CODES = `
Exit codes:
  ${DONE}    done
  ${FAILED}    refused, cannot be reached, cannot start, or failed
  ${INVALID}    the command line or the configuration is not valid
  ${DEADLINE_PASSED}    drain --wait: the deadline passed with something left on the node
  ${INTERRUPTED}  drain --wait and status --watch: Ctrl-C`;

const program = new Command(PROGRAM)
  .description('Load balancer with session affinity for co-browse nodes')
  .version(VERSION)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? DONE : INVALID))
  .configureOutput({ outputError: (text, write) => write(oneLine(text)) });

program
  .command(START)
  .description('run the proxy until SIGTERM or SIGINT')
  .option('--config <file>', 'configuration in YAML; variables that begin with COBROWSE_PROXY_ win over it')
  .action(async ({ config: file }: { readonly config?: string }) => {
    const { runAnchor } = await import('./anchor/anchor.ts');
    const primary = moduleAt('./control/main.js');
    const worker = moduleAt('./control/worker.js');
    process.exit(await runAnchor({ primary, args: file === undefined ? [] : [file], worker }));
  });

// The process that is started lives as long as the proxy, and needs none of it: half of its memory.
if (process.argv[2] !== START) {
  (await import('./control/commands.ts')).addCommands(program);
  // Whoever read what is shown has seen enough: `status --watch | head`.
  process.stdout.once('error', () => process.exit(DONE));
}

program.addHelpText('afterAll', EXIT_CODES);
for (const command of program.commands) command.version(VERSION);

await program.parseAsync();

function moduleAt(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** commander writes suggestions on lines of their own. */
function oneLine(text: string): string {
  return `${PROGRAM}: ${text
    .trim()
    .replace(/^error: /, '')
    .replace(/\s+/g, ' ')}\n`;
}
