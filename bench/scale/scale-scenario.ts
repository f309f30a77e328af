/**
 * The shape of what `npm run bench:scale` runs: sizes of this proxy, proved and measured as contenders are elsewhere.
 */
import type { Running } from '../harness/contender.ts';
import type { Place } from '../harness/site.ts';
import type { Target } from '../harness/target.ts';
import type { Drive, Metric, Sample } from '../scenarios/scenario.ts';
import { type Variant, withSplitCpu } from './variant.ts';

export type ScaleScenario = {
  /** The word for `--scenarios`. */
  readonly name: string;
  /** What happens, in one line, for the report. */
  readonly summary: string;
  readonly metrics: readonly Metric[];
  /** The first is the small one, which the others are compared with. */
  readonly variants: readonly Variant[];
  /**
   * Makes it as large as it is to be, and throws when it does not answer as it should. Once, before anything is
   * measured.
   */
  readonly prove: (target: Target, place: Place) => Promise<void>;
  /** One timed round. */
  readonly measure: (running: Running, drive: Drive) => Promise<Sample>;
};

export const COST: readonly Metric[] = [
  { key: 'cpu', title: 'CPU of the worker, µs per request', digits: 1 },
  { key: 'rest', title: 'CPU of primary and anchor, % of a core', digits: 1 },
  { key: 'rate', title: 'requests per second', digits: 0 },
];

/** One round of requests in a closed loop. */
export async function measureCost(running: Running, drive: Drive, requests: readonly string[]): Promise<Sample> {
  const { generator, connections, seconds } = drive;
  const load = { port: running.target.port, requests, mixed: true, connections, seconds };
  const { worker, rest, result } = await withSplitCpu(running, () => generator.run(load));
  return {
    cpu: worker && worker / result.requests,
    rest: rest && (rest / (result.seconds * 1e6)) * 100,
    rate: result.requests / result.seconds,
  };
}
