/** The one shape of all scenarios: prove that a contender's answers are right, then measure it once. */
import type { Running, Target } from '../harness/contender.ts';
import type { LoadGenerator } from '../harness/load.ts';
import type { Place } from '../harness/site.ts';

export type Scenario = {
  /** The word for `--scenarios`. */
  readonly name: string;
  /** What happens, in one line, for the report. */
  readonly summary: string;
  /** One table each. */
  readonly metrics: readonly Metric[];
  /** With contenders that write an access log; those that cannot do not take part. */
  readonly accessLog?: true;
  /** Each measurement with a contender that was just started, and none for warming: what it has used before counts. */
  readonly fresh?: true;
  /** For a long one with steady figures: rounds beyond these are left out. */
  readonly mostRounds?: number;
  /** Throws when the target does not answer as this scenario needs. */
  readonly prove: (target: Target) => Promise<void>;
  /** One timed round. */
  readonly measure: (contender: Running, drive: Drive) => Promise<Sample>;
};

export type Metric = {
  /** In the sample. */
  readonly key: string;
  /** With its unit. */
  readonly title: string;
  readonly digits: number;
};

/** What one round of one contender gave; undefined where it has no processes or they cannot be measured. */
export type Sample = Readonly<Record<string, number | undefined>>;

export type Drive = {
  readonly generator: LoadGenerator;
  readonly place: Place;
  readonly connections: number;
  /** Connections for the scenarios that only hold them. */
  readonly idle: number;
  readonly seconds: number;
};
