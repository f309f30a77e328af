#!/usr/bin/env node
/**
 * `cobrowse-node`: starts one co-browse node. Exit codes: 0 after a graceful stop, 1 when it cannot listen, 2 for wrong
 * usage; each error is one line on stderr.
 */
import { existsSync, readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { destination, pino } from 'pino';
import {
  DEFAULTS,
  InvalidOption,
  type NodeOptions,
  parseBase,
  parseDrainTime,
  parseHost,
  parseName,
  parseOrigins,
  parsePort,
  parseServerUrl,
} from './options.ts';
import { type CobrowseNode, startNode } from './server.ts';

const PROGRAM = 'cobrowse-node';
const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

/** What a parent process with an IPC channel is sent once the node listens. */
export interface ListeningMessage {
  readonly type: 'listening';
  readonly port: number;
}

class CannotListen extends Error {}

function buildProgram(): Command {
  const program = new Command(PROGRAM)
    .description('A co-browse node: REST functions to create, find and stop co-browse sessions, and a health check')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(oneLine(text)) });
  program
    .command('start')
    .description('start a node and serve until SIGTERM or SIGINT')
    .option(
      '--name <name>',
      'application name of the node, the value of its cookie',
      reporting(parseName),
      DEFAULTS.name,
    )
    .option('--host <host>', 'address to listen on', reporting(parseHost), DEFAULTS.host)
    .option('--port <port>', 'port to listen on; 0 takes a free one', reporting(parsePort), DEFAULTS.port)
    .option('--base <path>', 'root of the web application', reporting(parseBase), DEFAULTS.base)
    .option(
      '--server-url <url>',
      'public URL of this node, told to agents as sessionServerUrl',
      reporting(parseServerUrl),
    )
    .option(
      '--allowed-origins <list>',
      'origins that may look up sessions, separated by commas, e.g. https://*.example.com (default: none may)',
      reporting(parseOrigins),
    )
    .option(
      '--drain-time <duration>',
      'how long to go on serving after SIGTERM or SIGINT, with /health at 503, so that balancers notice; a second signal ends it (default: 5s)',
      reporting(parseDrainTime),
    )
    .action(start);
  return program;
}

type StartFlags = Omit<Partial<NodeOptions>, 'drainMs'> & { readonly drainTime?: number };

async function start({ drainTime, ...flags }: StartFlags): Promise<void> {
  const options: Partial<NodeOptions> = { ...flags, drainMs: drainTime ?? DEFAULTS.drainMs };
  const { name, host, port } = { ...DEFAULTS, ...options };
  const log = pino({ base: { node: name } }, destination({ fd: 1, sync: true }));
  let node: CobrowseNode;
  try {
    node = await startNode(options, { log });
  } catch (error) {
    throw new CannotListen(`cannot listen on ${host}:${port}: ${listenProblem(error)}`);
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => void stopOnSignal(node));
  }
  log.info({ url: node.url, port: node.port, instance: node.instanceId }, 'listening');
  if (node.options.allowedOrigins.empty) {
    log.warn('no origin is allowed, so nobody can look up sessions; see --allowed-origins');
  }
  const message: ListeningMessage = { type: 'listening', port: node.port };
  process.send?.(message);
}

/** A second signal does not wait out the drain time. */
async function stopOnSignal(node: CobrowseNode): Promise<void> {
  await (node.state === 'ready' ? node.stop() : node.stop(0));
  process.exit(0);
}

function listenProblem(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return 'the port is in use; expected a free one, see --port';
    case 'EACCES':
      return 'permission denied; expected a port that this user may open, see --port';
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'no such address here; expected one of this machine, see --host';
    default:
      return String(error);
  }
}

/** Lets commander name the option that an invalid value belongs to. */
function reporting<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw error instanceof InvalidOption ? new InvalidArgumentError(error.message) : error;
    }
  };
}

/** commander writes suggestions on lines of their own. */
function oneLine(text: string): string {
  return `${PROGRAM}: ${text
    .trim()
    .replace(/^error: /, '')
    .replace(/\s+/g, ' ')}\n`;
}

/** The package is one directory up from the sources and two from the compiled files. */
function packageVersion(): string {
  const candidates = ['../package.json', '../../package.json'].map((path) => new URL(path, import.meta.url));
  const file = candidates.find((url) => existsSync(url));
  return file === undefined ? 'unknown' : (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

try {
  await buildProgram().parseAsync();
} catch (error) {
  if (error instanceof CannotListen) {
    process.stderr.write(`${PROGRAM}: ${error.message}\n`);
    process.exitCode = EXIT_FAILURE;
  } else if (error instanceof CommanderError) {
    // commander has printed help, the version or the usage error by now.
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  } else {
    throw error;
  }
}
