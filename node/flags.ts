/**
 * The flags of `cobrowse-node`: which option each stands for, and its line in the help. Their values are read and
 * judged as those of variables.
 */
import { type Command, Option } from 'commander';
import type { GivenFlag } from '../config/flags.ts';
import { formatPath, type KeyPath } from '../config/key-path.ts';

interface Flag {
  /** As commander writes it. */
  readonly syntax: string;
  readonly path: KeyPath;
  readonly help: string;
}

const FLAGS: readonly Flag[] = [
  {
    syntax: '--name <name>',
    path: ['name'],
    help: 'application name of the node, the value of its cookie (default: Co-browse_Server)',
  },
  { syntax: '--host <host>', path: ['host'], help: 'address to listen on (default: 127.0.0.1)' },
  { syntax: '--port <port>', path: ['port'], help: 'port to listen on; 0 takes a free one (default: 8700)' },
  { syntax: '--base <path>', path: ['base'], help: 'root of the web application (default: /cobrowse)' },
  {
    syntax: '--server-url <url>',
    path: ['serverUrl'],
    help: 'public URL of this node, told to agents as sessionServerUrl',
  },
  {
    syntax: '--allowed-origins <list>',
    path: ['allowedOrigins'],
    help: 'origins that may look up sessions, separated by commas, e.g. https://*.example.com; none without it',
  },
  {
    syntax: '--trusted-proxies <list>',
    path: ['trustedProxies'],
    help: 'peers whose X-Forwarded-For is believed (default: [127.0.0.0/8, "::1"])',
  },
  {
    syntax: '--store <url>',
    path: ['store', 'url'],
    help: 'memory or redis://host:6379; one with a password is better given as COBROWSE_NODE_STORE_URL (default: memory)',
  },
  {
    syntax: '--max-sessions <number>',
    path: ['sessions', 'max'],
    help: 'live sessions at most; 0 for no limit (default: 10000)',
  },
  { syntax: '--metrics-host <host>', path: ['metrics', 'host'], help: 'where metrics are served (default: 127.0.0.1)' },
  {
    syntax: '--metrics-port <port>',
    path: ['metrics', 'port'],
    help: 'port that metrics are served on; none are without it',
  },
  {
    syntax: '--drain-time <duration>',
    path: ['drain', 'deadline'],
    help: 'how long to wait for live sessions to end after SIGTERM or SIGINT; a second signal ends it (default: 10m)',
  },
  {
    syntax: '--log-level <level>',
    path: ['log', 'level'],
    help: 'fatal, error, warn, info, debug, trace or silent (default: info)',
  },
];

/** By the name of the option, for its reference. */
export const FLAG_OF_OPTION: ReadonlyMap<string, string> = new Map(
  FLAGS.map(({ syntax, path }) => [formatPath(path), syntax.split(' ')[0] ?? syntax]),
);

const SYNTAX_OF_CONFIG = '--config <file>';
const HELP_OF_CONFIG =
  'configuration in YAML; variables that begin with COBROWSE_NODE_ win over it, and flags over both';

export interface GivenOptions {
  /** Path of the file, if one was named. */
  readonly config: string | undefined;
  readonly flags: readonly GivenFlag[];
}

/** Lets the command take the flags. */
export function addFlags(command: Command): Command {
  command.option(SYNTAX_OF_CONFIG, HELP_OF_CONFIG);
  for (const { syntax, help } of FLAGS) command.option(syntax, help);
  return command;
}

/** @param values what commander read: attribute name to text */
export function givenOptions(values: Readonly<Record<string, string>>): GivenOptions {
  const flags = FLAGS.flatMap(({ syntax, path }) => {
    const option = new Option(syntax);
    const text = values[option.attributeName()];
    return text === undefined ? [] : [{ flag: option.long ?? syntax, path, text }];
  });
  return { config: values.config, flags };
}
