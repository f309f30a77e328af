/** The command line of `npm run bench:scale`. */
import { names, parseOptions, positive, ROUND_OPTIONS, readRounds } from '../harness/arguments.ts';
import { scaleScenarios } from './all.ts';
import type { ScaleScenario } from './scale-scenario.ts';

const NAMES = scaleScenarios(1).map(({ name }) => name);

export const USAGE = `npm run bench:scale -- [options]

  --rounds N         measured rounds for each size (5)
  --seconds N        length of a round, whole seconds (3)
  --connections N    client connections (64)
  --sessions N       in the large directory (100000)
  --scenarios A,B    ${NAMES.join(', ')} (all)
  --json FILE|-      every sample as JSON to a file, or to standard output instead of the tables
  --help`;

export type Options = {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  readonly scenarios: readonly ScaleScenario[];
  readonly json: string | undefined;
};

/** Reads the arguments, or undefined when help was asked for. Throws `UsageError`. */
export function readOptions(args: readonly string[]): Options | undefined {
  const values = parseOptions(args, {
    ...ROUND_OPTIONS,
    sessions: { type: 'string', default: '100000' },
  });
  if (values.help) return undefined;
  const wanted = names('--scenarios', values.scenarios, NAMES);
  return {
    ...readRounds(values),
    scenarios: scaleScenarios(positive('--sessions', values.sessions)).filter(
      ({ name }) => wanted?.includes(name) ?? true,
    ),
    json: values.json,
  };
}
