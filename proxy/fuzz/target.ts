/** What can be fuzzed: inputs that come again from the same seed, and an oracle that says whether one is treated right. */
import fc from 'fast-check';

export interface Fuzz<Input> {
  readonly name: string;
  /** Inputs in one round, of a few seconds at most. */
  readonly runs: number;
  readonly input: fc.Arbitrary<Input>;
  start(): Promise<Oracle<Input>>;
}

export interface Oracle<Input> {
  /** Rejects when something is wrong; false when nothing of the input got far enough to be compared. */
  holds(input: Input): Promise<boolean>;
  close(): Promise<void>;
}

export interface Finding {
  /** The smallest input that was found, as a literal of JavaScript. */
  readonly input: string;
  readonly reason: string;
}

export interface Round {
  /** Inputs that got far enough: a fuzz that is refused at the door proves nothing. */
  readonly compared: number;
  readonly finding: Finding | undefined;
}

/** A fuzz, whatever its inputs are. */
export interface Target {
  readonly name: string;
  readonly runs: number;
  open(): Promise<OpenTarget>;
}

export interface OpenTarget {
  /** The same seed brings the same inputs. */
  round(seed: number, runs: number): Promise<Round>;
  close(): Promise<void>;
}

export function target<Input>({ name, runs, input, start }: Fuzz<Input>): Target {
  return {
    name,
    runs,
    async open() {
      const oracle = await start();
      return { round: (seed, numRuns) => round(oracle, input, seed, numRuns), close: () => oracle.close() };
    },
  };
}

async function round<Input>(
  oracle: Oracle<Input>,
  input: fc.Arbitrary<Input>,
  seed: number,
  numRuns: number,
): Promise<Round> {
  let compared = 0;
  const property = fc.asyncProperty(input, async (value) => {
    if (await oracle.holds(value)) compared++;
  });
  const { failed, counterexample, errorInstance } = await fc.check(property, { seed, numRuns });
  if (!failed) return { compared, finding: undefined };
  const reason = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  return { compared, finding: { input: literal(counterexample?.[0]), reason } };
}

/** JSON is JavaScript; what is not ASCII is written as the byte that it stands for. */
function literal(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replace(
    /[\x7f-\xff]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
}
