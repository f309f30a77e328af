/** The command line of `npm run bench`. */
import { CONTENDERS } from './contenders.ts';
import { names, parseOptions, positive, ROUND_OPTIONS, readRounds, UsageError } from './harness/arguments.ts';
import { mostClients } from './harness/limits.ts';
import { SCENARIOS } from './scenarios/all.ts';
import type { Scenario } from './scenarios/scenario.ts';

/** For those who prove the answers. */
const RESERVED_CLIENTS = 100;

export const USAGE = `npm run bench -- [options]

  --rounds N         measured rounds for each contender (5)
  --seconds N        length of a round, whole seconds (3)
  --connections N    client connections (64)
  --idle N           connections for idle-tunnels and held-polls (10000, or what ulimit -n lets a contender have)
  --scenarios A,B    ${SCENARIOS.map(({ name }) => name).join(', ')} (all)
  --only A,B         ${contenderNames().join(', ')} (all that are installed)
  --generator NAME   wrk or node (wrk where installed)
  --json FILE|-      every sample as JSON to a file, or to standard output instead of the tables
  --help`;

export type Options = {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  /** Connections that are only held. */
  readonly idle: number;
  readonly scenarios: readonly Scenario[];
  /** Names of contenders, or undefined for all that are installed. */
  readonly only: readonly string[] | undefined;
  readonly generator: 'wrk' | 'node' | undefined;
  readonly json: string | undefined;
};

/** Reads the arguments, or undefined when help was asked for. Throws `UsageError`. */
export function readOptions(args: readonly string[]): Options | undefined {
  const values = parseOptions(args, {
    ...ROUND_OPTIONS,
    idle: { type: 'string', default: '10000' },
    only: { type: 'string' },
    generator: { type: 'string' },
  });
  if (values.help) return undefined;
  const scenarios = names(
    '--scenarios',
    values.scenarios,
    SCENARIOS.map(({ name }) => name),
  );
  return {
    ...readRounds(values),
    idle: Math.min(positive('--idle', values.idle), mostClients() - RESERVED_CLIENTS),
    scenarios: SCENARIOS.filter(({ name }) => scenarios?.includes(name) ?? true),
    only: names('--only', values.only, contenderNames()),
    generator: generatorName(values.generator),
    json: values.json,
  };
}

function contenderNames(): string[] {
  return [...CONTENDERS.map(({ name }) => name), 'direct'];
}

function generatorName(text: string | undefined): 'wrk' | 'node' | undefined {
  if (text === undefined || text === 'wrk' || text === 'node') return text;
  throw new UsageError(`--generator: expected wrk or node, got ${text}`);
}
