/**
 * File, environment and flags → validated, frozen configuration. Works for any zod schema of strict objects: which keys
 * there are, which variables stand for them and what is expected of each is read from the schema alone.
 */
import type { z } from 'zod';
import { type Assignment, applyAssignments } from './assignments.ts';
import { readEnvironment } from './environment.ts';
import { type GivenFlag, readFlags } from './flags.ts';
import { type DeepReadonly, deepFreeze } from './frozen.ts';
import { formatPath, isWithin, type KeyPath, variableName } from './key-path.ts';
import { type Origin, type Problem, sortProblems } from './problems.ts';
import { shapeOf } from './shape.ts';
import { printable } from './show.ts';
import { readTextFile } from './text-file.ts';
import { type Fault, validate } from './validation.ts';
import { readYaml, type YamlSource } from './yaml-source.ts';

export interface LoadOptions {
  /** Path of a YAML file; absent when the environment says everything. */
  readonly file?: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** What the names of the variables begin with, e.g. `COBROWSE_PROXY_`; any other variable is ignored. */
  readonly prefix: string;
  /** In the order of the command line; they win over the environment. */
  readonly flags?: readonly GivenFlag[];
}

export interface Inspection<T> {
  /** What is wrong with a configuration that is valid by itself: files that it names, say. */
  readonly inspect?: (config: DeepReadonly<T>) => readonly Fault[];
}

export type LoadResult<T> =
  | { readonly ok: true; readonly config: DeepReadonly<T> }
  /** At least one, in the order of reading; see `formatProblem`. */
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads and validates a configuration. Never throws for anything an operator may have written; all problems are
 * reported at once, except that the values of a file which cannot be read are unknown, so only the variables are
 * checked then. Flags win over the environment, which wins over the file; a variable or flag for a whole list or
 * mapping replaces it. A list that the file does not give begins empty, not at its default.
 */
export function loadConfig<S extends z.ZodType>(
  schema: S,
  options: LoadOptions & Inspection<z.output<S>>,
): LoadResult<z.output<S>> {
  const shape = shapeOf(schema);
  const file = options.file === undefined ? undefined : readConfigFile(options.file);
  const environment = readEnvironment(shape, options.environment, options.prefix);
  const flags = readFlags(shape, options.flags ?? []);
  const problems = [...(file?.problems ?? []), ...environment.problems, ...flags.problems];
  if (file !== undefined && file.source === undefined) return { ok: false, problems: sortProblems(problems) };

  const assignments = [...environment.assignments, ...flags.assignments];
  const merged = applyAssignments(file?.source ? file.source.value : {}, assignments);
  problems.push(...merged.problems);
  const validation = validate(schema, shape, merged.value);
  const origins = new Origins(options, assignments, file?.source);
  if (validation.ok && problems.length === 0) {
    const config = deepFreeze(validation.value);
    problems.push(...(options.inspect?.(config) ?? []).map((fault) => origins.problemOf(fault)));
    return problems.length === 0 ? { ok: true, config } : { ok: false, problems: sortProblems(problems) };
  }
  if (!validation.ok) {
    const unread = [...environment.unread, ...flags.unread];
    const told = validation.faults.filter(({ path }) => !unread.some((ancestor) => isWithin(path, ancestor)));
    problems.push(...told.map((fault) => origins.problemOf(fault)));
  }
  return { ok: false, problems: sortProblems(problems) };
}

function readConfigFile(file: string): { readonly source?: YamlSource; readonly problems: readonly Problem[] } {
  const read = readTextFile(file);
  if (!read.ok) return { problems: [{ origin: { kind: 'file', file }, path: '', message: read.reason }] };
  const { source, problems } = readYaml(read.text);
  return {
    ...(source && { source }),
    problems: problems.map(({ path, message, position }) => ({
      origin: { kind: 'file', file, position },
      path: formatPath(path),
      message: printable(message),
    })),
  };
}

/**
 * Says where the value at a path of the merged data comes from, or, of a missing one, where it should have come from.
 */
class Origins {
  readonly #options: LoadOptions;
  readonly #assignments: readonly Assignment[];
  readonly #source: YamlSource | undefined;

  constructor(options: LoadOptions, assignments: readonly Assignment[], source: YamlSource | undefined) {
    this.#options = options;
    this.#assignments = assignments;
    this.#source = source;
  }

  problemOf({ path, message, unknownKey }: Fault): Problem {
    return { origin: this.#originOf(path, unknownKey), path: formatPath(path), message };
  }

  #originOf(path: KeyPath, unknownKey: boolean): Origin {
    const assigned = this.#assignments.findLast((assignment) => isWithin(path, assignment.path));
    if (assigned !== undefined) return assigned.origin;
    const { file, prefix } = this.#options;
    if (file === undefined || this.#source === undefined || this.#isBesideAssigned(path)) {
      return { kind: 'environment', variable: variableName(prefix, path) };
    }
    const position = unknownKey ? this.#source.positionOfKey(path) : this.#source.positionOf(path);
    return { kind: 'file', file, position };
  }

  /** A value missing from a mapping that only the environment knows of is missing from the environment. */
  #isBesideAssigned(path: KeyPath): boolean {
    const around = path.slice(0, -1);
    return !this.#source?.has(around) && this.#assignments.some((assignment) => isWithin(assignment.path, around));
  }
}
