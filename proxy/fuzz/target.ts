/**
 * What can be fuzzed: inputs that come again from the same seed, and an oracle that says whether one is treated right.
 */
import fc from 'fast-check';

export interface Fuzz<Input> {
  readonly name: string;
  /** Inputs in one round, of a few seconds at most. */
  readonly runs: number;
  readonly input: fc.Arbitrary<Input>;
  /** Makes an input that fails smaller than fast-check can. */
  readonly shrink?: (input: Input, fails: (input: Input) => Promise<boolean>) => Promise<Input>;
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

export function target<Input>(fuzz: Fuzz<Input>): Target {
  const { name, runs } = fuzz;
  return {
    name,
    runs,
    async open() {
      const oracle = await fuzz.start();
      return { round: (seed, numRuns) => round(fuzz, oracle, seed, numRuns), close: () => oracle.close() };
    },
  };
}

async function round<Input>(fuzz: Fuzz<Input>, oracle: Oracle<Input>, seed: number, numRuns: number): Promise<Round> {
  let compared = 0;
  const property = fc.asyncProperty(fuzz.input, async (value) => {
    if (await oracle.holds(value)) compared++;
  });
  const { counterexample } = await fc.check(property, { seed, numRuns });
  if (counterexample === null) return { compared, finding: undefined };
  const [found] = counterexample;
  const fails = async (input: Input) => (await faultOf(oracle, input)) !== undefined;
  const input = fuzz.shrink === undefined ? found : await fuzz.shrink(found, fails);
  return { compared, finding: { input: literal(input), reason: (await faultOf(oracle, input)) ?? 'not seen again' } };
}

async function faultOf<Input>(oracle: Oracle<Input>, input: Input): Promise<string | undefined> {
  try {
    await oracle.holds(input);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** JSON is JavaScript; what is not ASCII is written as the byte that it stands for. */
function literal(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replace(
    /[\x7f-\xff]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
}
