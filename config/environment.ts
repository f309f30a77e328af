/**
 * Options by environment variable: `<PREFIX>HEALTH_INTERVAL=1s` sets `health.interval`, `<PREFIX>NODES_0_URL` a list's
 * entry.
 */
import { type AssignmentReading, type OptionText, readAssignments } from './assignments.ts';
import { type KeyPath, upperSnake, variableName } from './key-path.ts';
import { nearest } from './nearest.ts';
import type { Origin, Problem } from './problems.ts';
import { isServiceLink } from './service-links.ts';
import type { Shape } from './shape.ts';
import { printable } from './show.ts';

/**
 * Reads every variable that begins with `prefix`; service links of Kubernetes are passed over. The assignments come
 * wholes before their parts, a list's entries by index.
 */
export function readEnvironment(shape: Shape, environment: NodeJS.ProcessEnv, prefix: string): AssignmentReading {
  const texts: OptionText[] = [];
  const unknown: Problem[] = [];
  for (const [variable, text] of Object.entries(environment)) {
    if (text === undefined || !variable.startsWith(prefix) || isServiceLink(variable, text)) continue;
    const origin: Origin = { kind: 'environment', variable };
    const target = resolve(shape, variable.slice(prefix.length));
    if (target === undefined) unknown.push({ origin, path: '', message: unknownVariable(shape, variable, prefix) });
    else texts.push({ ...target, origin, text });
  }
  const reading = readAssignments(texts.sort((a, b) => comparePaths(a.path, b.path)));
  return { ...reading, problems: [...unknown, ...reading.problems] };
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

function comparePaths(a: KeyPath, b: KeyPath): number {
  for (const [depth, step] of a.entries()) {
    const other = b[depth];
    if (other === undefined) return 1;
    if (step === other) continue;
    return typeof step === 'number' && typeof other === 'number' ? step - other : String(step) < String(other) ? -1 : 1;
  }
  return a.length - b.length;
}
