/** Options by environment variable: `<PREFIX>HEALTH_INTERVAL=1s` sets `health.interval`, `<PREFIX>NODES_0_URL` a list's entry. */
import { formatPath, type KeyPath, upperSnake, variableName } from './key-path.ts';
import { nearest } from './nearest.ts';
import type { Problem } from './problems.ts';
import { isServiceLink } from './service-links.ts';
import type { Shape } from './shape.ts';
import { count, printable } from './show.ts';
import { readYaml } from './yaml-source.ts';

export interface Assignment {
  readonly variable: string;
  readonly path: KeyPath;
  readonly value: unknown;
}

export interface EnvironmentReading {
  /** Wholes before their parts, a list's entries by index. */
  readonly assignments: readonly Assignment[];
  readonly problems: readonly Problem[];
  /** Paths whose value could not be read, so that nothing more need be said of them. */
  readonly unread: readonly KeyPath[];
}

/** Reads every variable that begins with `prefix`; service links of Kubernetes are passed over. */
export function readEnvironment(shape: Shape, environment: NodeJS.ProcessEnv, prefix: string): EnvironmentReading {
  const assignments: Assignment[] = [];
  const problems: Problem[] = [];
  const unread: KeyPath[] = [];
  for (const [variable, text] of Object.entries(environment)) {
    if (text === undefined || !variable.startsWith(prefix) || isServiceLink(variable, text)) continue;
    const target = resolve(shape, variable.slice(prefix.length));
    if (target === undefined) {
      problems.push(problem(variable, [], unknownVariable(shape, variable, prefix)));
      continue;
    }
    const { value, faults } = readValue(target.shape, text);
    for (const fault of faults) problems.push(problem(variable, [...target.path, ...fault.path], fault.message));
    if (faults.length > 0) unread.push(target.path);
    else assignments.push({ variable, path: target.path, value });
  }
  return { assignments: assignments.sort((a, b) => comparePaths(a.path, b.path)), problems, unread };
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
  for (const { variable, path, value: assigned } of assignments) {
    try {
      value = withValue(value, path, assigned);
    } catch (error) {
      if (!(error instanceof GapError)) throw error;
      problems.push(problem(variable, path, error.message));
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

interface Target {
  readonly path: KeyPath;
  readonly shape: Shape;
}

/** Which option a variable's name (without the prefix) stands for. */
function resolve(shape: Shape, name: string): Target | undefined {
  if (shape.kind === 'mapping') {
    for (const [key, child] of shape.keys) {
      const target = resolveBelow(child, key, upperSnake(key), name);
      if (target !== undefined) return target;
    }
  }
  if (shape.kind !== 'list') return undefined;
  const index = /^(?:0|[1-9]\d*)(?=_|$)/.exec(name)?.[0];
  return index === undefined ? undefined : resolveBelow(shape.entry, Number(index), index, name);
}

function resolveBelow(shape: Shape, step: string | number, stepName: string, name: string): Target | undefined {
  if (name === stepName) return { path: [step], shape };
  if (!name.startsWith(`${stepName}_`)) return undefined;
  const target = resolve(shape, name.slice(stepName.length + 1));
  return target && { path: [step, ...target.path], shape: target.shape };
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

const INDEX = /(?<=_)\d+(?=_|$)/g;

function unknownVariable(shape: Shape, variable: string, prefix: string): string {
  // Indexes do not matter for likeness, and the suggestion keeps those that were written.
  const name = variable.slice(prefix.length);
  const indexes = (name.match(INDEX) ?? []).map((digits) => String(Number(digits)));
  const candidates = allPaths(shape).map((path) => variableName('', path));
  const suggestion = nearest(name.replace(INDEX, '#'), candidates)?.replace(/#/g, () => indexes.shift() ?? '0');
  const hint = suggestion === undefined ? '' : `; did you mean ${prefix}${suggestion}?`;
  return printable(`unknown variable: expected ${prefix} and the path of an option${hint}`);
}

/** Every path a variable may stand for, with `#` for an index. */
export function allPaths(shape: Shape): readonly KeyPath[] {
  const children: readonly (readonly [string, Shape])[] =
    shape.kind === 'mapping' ? [...shape.keys] : shape.kind === 'list' ? [['#', shape.entry]] : [];
  return children.flatMap(([step, child]) => [[step], ...allPaths(child).map((path) => [step, ...path])]);
}

function problem(variable: string, path: KeyPath, message: string): Problem {
  return { origin: { kind: 'environment', variable }, path: formatPath(path), message: printable(message) };
}

function comparePaths(a: KeyPath, b: KeyPath): number {
  for (const [depth, step] of a.entries()) {
    const other = b[depth];
    if (other === undefined) return 1;
    if (step === other) continue;
    return typeof step === 'number' && typeof other === 'number' ? step - other : String(step) < String(other) ? -1 : 1;
  }
  return a.length - b.length;
}
