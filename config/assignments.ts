/**
 * Values of single options from outside the file, by environment variable or by flag, and how they are laid over it.
 */
import { formatPath, type KeyPath } from './key-path.ts';
import type { Origin, Problem } from './problems.ts';
import type { Shape } from './shape.ts';
import { count, printable } from './show.ts';
import { readYaml } from './yaml-source.ts';

export interface Assignment {
  readonly origin: Origin;
  readonly path: KeyPath;
  readonly value: unknown;
}

export interface AssignmentReading {
  /** In the order in which they are to be made. */
  readonly assignments: readonly Assignment[];
  readonly problems: readonly Problem[];
  /** Paths whose value could not be read, so that nothing more need be said of them. */
  readonly unread: readonly KeyPath[];
}

/** The text of one option. Scalars are read as YAML reads plain ones, lists and mappings as YAML (`[a, b]`). */
export interface OptionText {
  readonly origin: Origin;
  readonly path: KeyPath;
  readonly shape: Shape;
  readonly text: string;
}

export function readAssignments(texts: readonly OptionText[]): AssignmentReading {
  const assignments: Assignment[] = [];
  const problems: Problem[] = [];
  const unread: KeyPath[] = [];
  for (const { origin, path, shape, text } of texts) {
    const { value, faults } = readValue(shape, text);
    for (const fault of faults) problems.push(problemOf(origin, [...path, ...fault.path], fault.message));
    if (faults.length > 0) unread.push(path);
    else assignments.push({ origin, path, value });
  }
  return { assignments, problems, unread };
}

/**
 * `base` with every assignment made, as new data. Lists grow by the next index only. Where a part is set of something
 * that is neither mapping nor list, `base` stays as it is: the schema will refuse that something.
 */
export function applyAssignments(
  base: unknown,
  assignments: readonly Assignment[],
): { readonly value: unknown; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  let value = base;
  for (const { origin, path, value: assigned } of assignments) {
    try {
      value = withValue(value, path, assigned);
    } catch (error) {
      if (!(error instanceof GapError)) throw error;
      problems.push(problemOf(origin, path, error.message));
    }
  }
  return { value, problems };
}

class GapError extends Error {}

function withValue(container: unknown, path: KeyPath, value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (typeof step === 'number') {
    const list: unknown = container ?? [];
    if (!Array.isArray(list)) return container;
    if (step > list.length) {
      const entries = count(list.length, 'entry', 'entries');
      throw new GapError(`expected an index from 0 to ${list.length}, since the list has ${entries}, got ${step}`);
    }
    return list.toSpliced(step, 1, withValue(list[step], rest, value));
  }
  const mapping = container === undefined ? {} : container;
  if (typeof mapping !== 'object' || mapping === null || Array.isArray(mapping)) return container;
  return { ...mapping, [step]: withValue((mapping as Readonly<Record<string, unknown>>)[step], rest, value) };
}

interface Fault {
  readonly path: KeyPath;
  readonly message: string;
}

function readValue(shape: Shape, text: string): { readonly value?: unknown; readonly faults: readonly Fault[] } {
  if (shape.kind === 'scalar') return { value: shape.text ? text : readScalar(text), faults: [] };
  if (text.trim() === '') return { value: text, faults: [] };
  const { source, problems } = readYaml(text);
  return { value: source?.value, faults: problems };
}

/** As YAML reads a plain scalar; text where it is none, for the schema to refuse. */
function readScalar(text: string): unknown {
  const { source, problems } = readYaml(text);
  const value = source?.value;
  return problems.length > 0 || value === undefined || typeof value === 'object' ? text : value;
}

function problemOf(origin: Origin, path: KeyPath, message: string): Problem {
  return { origin, path: formatPath(path), message: printable(message) };
}
