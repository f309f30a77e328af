/** One scenario over all contenders: prove each, warm each, then measure them alternating, round by round. */
import type { Drive, Scenario } from '../scenarios/scenario.ts';
import type { Running } from './contender.ts';
import { cpuMicros } from './cpu.ts';

/** What one round of one contender gave. */
export type Sample = {
  /** Requests per second. */
  readonly rate: number;
  /** CPU microseconds of all its processes for one request; undefined when it has none or they cannot be measured. */
  readonly cpu: number | undefined;
  /** Latency in microseconds. */
  readonly p50: number;
  readonly p99: number;
};

export type Series = { readonly contender: string; readonly samples: readonly Sample[] };
export type ScenarioResult = {
  readonly scenario: string;
  readonly summary: string;
  readonly series: readonly Series[];
};

export type Plan = { readonly drive: Drive; readonly rounds: number; readonly say: (progress: string) => void };

/** Rejects when a contender answers wrongly or fails under load. */
export async function runScenario(
  scenario: Scenario,
  running: readonly Running[],
  plan: Plan,
): Promise<ScenarioResult> {
  for (const contender of running) await scenario.prove(contender.target);
  plan.say(`${scenario.name}: answers are right, warming`);
  for (const contender of running) await scenario.load(contender.target, plan.drive);

  const samples = new Map<string, Sample[]>(running.map(({ target }) => [target.name, []]));
  for (let round = 0; round < plan.rounds; round++) {
    plan.say(`${scenario.name}: round ${round + 1} of ${plan.rounds}`);
    for (const contender of rotated(running, round)) {
      samples.get(contender.target.name)?.push(await measure(scenario, contender, plan.drive));
    }
  }
  return {
    scenario: scenario.name,
    summary: scenario.summary,
    series: [...samples].map(([contender, taken]) => ({ contender, samples: taken })),
  };
}

/** Each round begins with another contender, so that nobody always follows the same one. */
function rotated<T>(items: readonly T[], by: number): T[] {
  const shift = by % items.length;
  return [...items.slice(shift), ...items.slice(0, shift)];
}

async function measure(scenario: Scenario, { target, pid }: Running, drive: Drive): Promise<Sample> {
  const before = pid === undefined ? undefined : cpuMicros(pid);
  const { requests, seconds, p50, p99 } = await scenario.load(target, drive);
  const after = pid === undefined ? undefined : cpuMicros(pid);
  const cpu = before === undefined || after === undefined ? undefined : (after - before) / requests;
  return { rate: requests / seconds, cpu, p50, p99 };
}
