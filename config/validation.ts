/** Data against a zod schema: every issue as a path and a sentence that says what was expected and what was there. */
import type { z } from 'zod';
import { type KeyPath, valueAt } from './key-path.ts';
import { nearest } from './nearest.ts';
import { type Shape, shapeAt } from './shape.ts';
import { printable, showValue } from './show.ts';

export interface Fault {
  readonly path: KeyPath;
  readonly message: string;
  /** The path names a key that should not be there, rather than a value. */
  readonly unknownKey: boolean;
}

export type Validation<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/**
 * Schema messages of the form `expected …` are completed with what was got; issues without a message of the schema's
 * own are described from `shape`, which must be the schema's.
 */
export function validate<S extends z.ZodType>(schema: S, shape: Shape, data: unknown): Validation<z.output<S>> {
  const result = schema.safeParse(data, {
    error: (issue) => `expected ${shapeAt(shape, pathOf(issue.path ?? []))?.expected ?? 'another value'}`,
  });
  if (result.success) return { ok: true, value: result.data };
  const faults = result.error.issues.flatMap((issue) => faultsOf(issue, shape, data));
  return { ok: false, faults: firstOfEachPath(faults) };
}

/** zod also measures what is of the wrong type: `""` in the place of a list is no list and, once more, too short. */
function firstOfEachPath(faults: readonly Fault[]): readonly Fault[] {
  const byPath = new Map<string, Fault>();
  for (const fault of faults) {
    const key = JSON.stringify(fault.path);
    if (!byPath.has(key)) byPath.set(key, fault);
  }
  return [...byPath.values()];
}

function faultsOf(issue: z.core.$ZodIssue, shape: Shape, data: unknown): readonly Fault[] {
  const path = pathOf(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(key, path, shape), unknownKey: true }));
  }
  return [{ path, message: printable(sentence(issue, valueAt(data, path), shapeAt(shape, path))), unknownKey: false }];
}

function sentence({ code, message }: z.core.$ZodIssue, value: unknown, shape: Shape | undefined): string {
  if (value === undefined) return code === 'custom' ? message : `missing: ${message}`;
  return isSecret(shape) ? message : `${message}, got ${showValue(value)}`;
}

/** Somebody may have written one secret in the place of a list of them. */
function isSecret(shape: Shape | undefined): boolean {
  if (shape?.kind === 'list') return isSecret(shape.entry);
  return shape?.kind === 'scalar' && shape.secret;
}

function unknownKey(key: string, path: KeyPath, shape: Shape): string {
  const around = shapeAt(shape, path);
  const known = around?.kind === 'mapping' ? [...around.keys.keys()] : [];
  const suggestion = nearest(key, known);
  return suggestion === undefined
    ? `unknown key: expected one of ${known.join(', ')}`
    : `unknown key: did you mean ${suggestion}?`;
}

function pathOf(path: readonly PropertyKey[]): KeyPath {
  return path.map((step) => (typeof step === 'symbol' ? String(step) : step));
}
