/** The command line of `npm run bench:failover`. */
import { names, parseOptions, positive } from '../harness/arguments.ts';
import { FAILOVER_CONTENDERS } from './contenders.ts';
import type { Fault } from './fault.ts';
import { FAULTS } from './faults.ts';
import type { TrialOptions } from './trial.ts';

const CONTENDER_NAMES = FAILOVER_CONTENDERS.map(({ name }) => name);

export const USAGE = `npm run bench:failover -- [options]

  --faults A,B     ${FAULTS.map(({ name }) => name).join(', ')} (all)
  --only A,B       ${CONTENDER_NAMES.join(', ')} (all that are installed)
  --seconds N      how long a fault lasts (10); before and after it about half of that
  --rate N         unbound GETs a second (200); a tenth of that are creations besides
  --channels N     bound long polls, and as many WebSockets (30)
  --json FILE|-    every figure and verdict as JSON to a file, or to standard output instead of the tables
  --help

Faults that this machine cannot play are named and left out. Ends with 1 when something that must hold does not.`;

export type Options = {
  readonly faults: readonly Fault[];
  readonly only: readonly string[] | undefined;
  readonly json: string | undefined;
  readonly trial: TrialOptions;
};

const CLIENT_TIMEOUT_MS = 5_000;
/** Somewhat more than the slowest recovery that `must-hold.ts` lets pass: what is not watched cannot be seen. */
const LONGEST_RECOVERY_MS = 6_000;

/** Reads the arguments, or undefined when help was asked for. Throws `UsageError`. */
export function readOptions(args: readonly string[]): Options | undefined {
  const values = parseOptions(args, {
    faults: { type: 'string' },
    only: { type: 'string' },
    seconds: { type: 'string', default: '10' },
    rate: { type: 'string', default: '200' },
    channels: { type: 'string', default: '30' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  });
  if (values.help) return undefined;
  const faults = names(
    '--faults',
    values.faults,
    FAULTS.map(({ name }) => name),
  );
  return {
    faults: FAULTS.filter(({ name }) => faults?.includes(name) ?? true),
    only: names('--only', values.only, CONTENDER_NAMES),
    json: values.json,
    trial: trialOptions(
      positive('--seconds', values.seconds),
      positive('--rate', values.rate),
      positive('--channels', values.channels),
    ),
  };
}

export function trialOptions(seconds: number, rate: number, channels: number): TrialOptions {
  return {
    rate,
    createRate: Math.max(1, rate / 10),
    channels,
    beforeMs: seconds * 600,
    faultMs: seconds * 1_000,
    recoveryMs: Math.max(LONGEST_RECOVERY_MS, seconds * 600),
    timeoutMs: CLIENT_TIMEOUT_MS,
  };
}
