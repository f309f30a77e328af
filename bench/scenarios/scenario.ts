/** The one shape of all scenarios: prove that a contender's answers are right, then measure it once. */
import type { Running } from '../harness/contender.ts';
import type { Wish } from '../harness/lineup.ts';
import type { LoadGenerator } from '../harness/load.ts';
import type { Place } from '../harness/site.ts';
import type { Target } from '../harness/target.ts';

export type Scenario = Wish & {
  /** The word for `--scenarios`. */
  readonly name: string;
  /** What happens, in one line, for the report. */
  readonly summary: string;
  /** What the machine keeps from being judged; undefined: nothing. */
  readonly caveat?: (place: Place) => string | undefined;
  /** One table each, the one to judge by first: it is in the summary of the run. */
  readonly metrics: readonly Metric[];
  /** Each measurement with a contender that was just started, and none for warming: what it has used before counts. */
  readonly fresh?: true;
  /** Rounds for warming; unset: one. For a load that does too little in one for a compiler to have done its work. */
  readonly warming?: number;
  /** For a long one with steady figures: rounds beyond these are left out. */
  readonly mostRounds?: number;
  /** Throws when the target does not answer as this scenario needs. */
  readonly prove: (target: Target) => Promise<void>;
  /** For an open loop: the requests per second of all rounds. Found out once, when all answers are right. */
  readonly pace?: (contenders: readonly Running[], drive: Means) => Promise<Pace>;
  /** One timed round. */
  readonly measure: (contender: Running, drive: Drive) => Promise<Sample>;
};

export type Metric = {
  /** In the sample. */
  readonly key: string;
  /** With its unit. */
  readonly title: string;
  readonly digits: number;
  /** The contender that shows what everybody has without a proxy: what the others add to it counts. */
  readonly over?: string;
  /** To be judged by itself: no ratios. */
  readonly absolute?: true;
};

export type Pace = {
  readonly perSecond: number;
  /** Whom it comes from, for the report. */
  readonly basis: string;
};

/** What one round of one contender gave; undefined where it has no processes or they cannot be measured. */
export type Sample = Readonly<Record<string, number | undefined>>;

/** What rounds of all scenarios are driven with. */
export type Means = {
  readonly generator: LoadGenerator;
  readonly place: Place;
  readonly connections: number;
  /** Connections for the scenarios that only hold them. */
  readonly idle: number;
  readonly seconds: number;
};

export type Drive = Means & {
  /** Requests in an open loop; 0 for a scenario without `pace`. */
  readonly perSecond: number;
};
