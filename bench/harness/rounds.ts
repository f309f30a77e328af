/** One scenario over all contenders: prove each, warm each, then measure them alternating, round by round. */
import type { Means, Metric, Pace, Sample, Scenario } from '../scenarios/scenario.ts';
import type { Entrant } from './lineup.ts';

export type Series = {
  readonly contender: string;
  /** The same contender with one worker, for one that has several. */
  readonly single?: string | undefined;
  readonly samples: readonly Sample[];
};
export type ScenarioResult = {
  readonly scenario: string;
  readonly summary: string;
  readonly caveat?: string | undefined;
  readonly metrics: readonly Metric[];
  readonly series: readonly Series[];
};

export type Plan = { readonly means: Means; readonly rounds: number; readonly say: (progress: string) => void };

/** Rejects when a contender answers wrongly or fails under load. */
export async function runScenario(
  scenario: Scenario,
  entrants: readonly Entrant[],
  { means, rounds: wanted, say }: Plan,
): Promise<ScenarioResult> {
  for (const { running } of entrants) await scenario.prove(running.target);
  const pace = await scenario.pace?.(
    entrants.map(({ running }) => running),
    means,
  );
  const drive = { ...means, perSecond: pace?.perSecond ?? 0 };
  const warming = scenario.fresh ? 0 : (scenario.warming ?? 1);
  say(`${scenario.name}: answers are right${warming === 0 ? '' : ', warming'}`);
  for (let round = 0; round < warming; round++) {
    for (const { running } of entrants) await scenario.measure(running, drive);
  }

  const series = entrants.map(({ running: { target } }) => {
    return { contender: target.name, single: target.single, samples: [] as Sample[] };
  });
  const rounds = Math.min(wanted, scenario.mostRounds ?? wanted);
  for (let round = 0; round < rounds; round++) {
    say(`${scenario.name}: round ${round + 1} of ${rounds}`);
    for (const entrant of rotated(entrants, round)) {
      if (scenario.fresh) {
        await entrant.renew();
        await scenario.prove(entrant.running.target);
      }
      const sample = await scenario.measure(entrant.running, drive);
      series[entrants.indexOf(entrant)]?.samples.push(sample);
      // A contender may keep at the nodes what its clients have left; the next one counts there too.
      if (scenario.fresh) await entrant.renew();
    }
  }
  return {
    scenario: scenario.name,
    summary: pace === undefined ? scenario.summary : `${scenario.summary}, ${described(pace)}`,
    caveat: scenario.caveat?.(means.place),
    metrics: scenario.metrics,
    series,
  };
}

const described = ({ perSecond, basis }: Pace): string => `${perSecond.toFixed(0)} a second (${basis})`;

/** Each round begins with another contender, so that nobody always follows the same one. */
function rotated<T>(items: readonly T[], by: number): T[] {
  const shift = by % items.length;
  return [...items.slice(shift), ...items.slice(0, shift)];
}
