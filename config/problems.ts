/** What is wrong with a configuration, for a person to read: one line each, with the place to go to. */
import { printable } from './show.ts';

/** Where a value was written. `line` and `column` count from 1. */
export type Origin =
  | { readonly kind: 'file'; readonly file: string; readonly position?: Position | undefined }
  | { readonly kind: 'environment'; readonly variable: string }
  | { readonly kind: 'flag'; readonly flag: string };

export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Problem {
  readonly origin: Origin;
  /** As `formatPath` writes it, e.g. `nodes[1].url`; `''` for the whole. */
  readonly path: string;
  /** What was wrong and what was expected; one line. */
  readonly message: string;
}

/** `cobrowse.yaml:12:9: nodes[1].url: expected …, got …`, or the variable's or flag's name in the place of the file. */
export function formatProblem({ origin, path, message }: Problem): string {
  return [formatOrigin(origin), path, message].filter((part) => part !== '').join(': ');
}

/** In the order of reading: the file from top to bottom, the environment by name, then the flags as they were given. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted((a, b) => {
    if (a.origin.kind === 'file' && b.origin.kind === 'file') return byPosition(a.origin, b.origin);
    if (a.origin.kind === 'environment' && b.origin.kind === 'environment') {
      return a.origin.variable < b.origin.variable ? -1 : Number(a.origin.variable > b.origin.variable);
    }
    return READING_ORDER.indexOf(a.origin.kind) - READING_ORDER.indexOf(b.origin.kind);
  });
}

const READING_ORDER: readonly Origin['kind'][] = ['file', 'environment', 'flag'];

function formatOrigin(origin: Origin): string {
  if (origin.kind === 'environment') return printable(origin.variable);
  if (origin.kind === 'flag') return origin.flag;
  const { file, position } = origin;
  return position ? `${printable(file)}:${position.line}:${position.column}` : printable(file);
}

function byPosition(a: Origin & { kind: 'file' }, b: Origin & { kind: 'file' }): number {
  const [one, other] = [a.position ?? { line: 0, column: 0 }, b.position ?? { line: 0, column: 0 }];
  return one.line - other.line || one.column - other.column;
}
