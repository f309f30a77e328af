/**
 * What a zod schema accepts, as far as reading and explaining a configuration needs it: the keys of mappings, the
 * entries of lists, which scalars are text, for each a phrase after "expected", and what it is for. Taken from the JSON
 * Schema that zod itself derives from the input side, so that defaults, transforms and refinements need no special
 * treatment here.
 */
import { z } from 'zod';
import type { KeyPath } from './key-path.ts';
import { anyOf } from './show.ts';

export interface About {
  /** By `.describe()`. */
  readonly description?: string | undefined;
  /** What stands for it when it is left out; undefined: nothing does. */
  readonly preset?: unknown;
  /**
   * By `.meta()`: what a reload that changes it takes beyond new values: other workers, or another socket of the admin
   * listener.
   */
  readonly reload?: 'workers' | 'moves' | undefined;
}

export type Shape = Kind & { readonly about: About };

type Kind =
  | { readonly kind: 'mapping'; readonly keys: ReadonlyMap<string, Shape>; readonly expected: string }
  | { readonly kind: 'list'; readonly entry: Shape; readonly expected: string }
  /**
   * `text`: takes text only, so that text which looks like a number must not be read as one. `secret`: no message may
   * show it; a schema says so by `.meta({ secret: true })`, and by `expected` what text it is.
   */
  | { readonly kind: 'scalar'; readonly text: boolean; readonly secret: boolean; readonly expected: string }
  /** Mappings with free keys and mixtures: read as a whole. */
  | { readonly kind: 'opaque'; readonly expected: string };

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** The shape of what `schema` takes in. Throws for a schema that JSON Schema cannot follow, e.g. a recursive one. */
export function shapeOf(schema: z.ZodType): Shape {
  return fromJsonSchema(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', cycles: 'throw' }));
}

/** The shape below `shape` at `path`; undefined where the schema knows nothing. */
export function shapeAt(shape: Shape, path: KeyPath): Shape | undefined {
  let current: Shape | undefined = shape;
  for (const step of path) {
    if (current?.kind === 'mapping') current = current.keys.get(String(step));
    else if (current?.kind === 'list' && typeof step === 'number') current = current.entry;
    else return undefined;
  }
  return current;
}

function fromJsonSchema(schema: JsonSchema | boolean): Shape {
  if (typeof schema === 'boolean') return { kind: 'opaque', expected: 'a value', about: {} };
  return { ...kindOf(schema), about: aboutOf(schema) };
}

function aboutOf({ description, default: preset, reload, ...schema }: JsonSchema): About {
  return {
    description,
    preset: preset ?? schema.preset,
    reload: reload === 'workers' || reload === 'moves' ? reload : undefined,
  };
}

function kindOf(schema: JsonSchema): Kind {
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) return fromBranches(branches.map(fromJsonSchema));
  if (schema.type === 'object' && schema.properties !== undefined) return fromProperties(schema.properties);
  if (schema.type === 'array') {
    const entry = schema.items;
    return entry === undefined || Array.isArray(entry)
      ? { kind: 'opaque', expected: expectedList(schema) }
      : { kind: 'list', entry: fromJsonSchema(entry), expected: expectedList(schema) };
  }
  const text = schema.type === 'string';
  const scalar = text || schema.type === 'number' || schema.type === 'integer' || schema.type === 'boolean';
  return scalar
    ? { kind: 'scalar', text, secret: schema.secret === true, expected: expectedScalar(schema) }
    : { kind: 'opaque', expected: schema.type === 'object' ? 'a mapping' : 'a value' };
}

function fromBranches(branches: readonly Shape[]): Kind {
  const expected = anyOf(branches.map((branch) => branch.expected));
  if (!branches.every((branch) => branch.kind === 'scalar')) return { kind: 'opaque', expected };
  return {
    kind: 'scalar',
    text: branches.every((branch) => branch.text),
    secret: branches.some((branch) => branch.secret),
    expected,
  };
}

function fromProperties(properties: Readonly<Record<string, JsonSchema | boolean>>): Kind {
  const keys = new Map(Object.entries(properties).map(([key, schema]) => [key, fromJsonSchema(schema)]));
  return { kind: 'mapping', keys, expected: `a mapping with the keys ${[...keys.keys()].join(', ')}` };
}

function expectedScalar(schema: JsonSchema): string {
  if (schema.const !== undefined) return String(schema.const);
  if (schema.enum !== undefined) return anyOf(schema.enum.map(String));
  if (schema.type === 'boolean') return 'true or false';
  if (schema.type === 'string') return expectedText(schema);
  const noun = schema.type === 'integer' ? 'a whole number' : 'a number';
  return noun + within(bound(schema.minimum), bound(schema.maximum));
}

function expectedText(schema: JsonSchema): string {
  if (typeof schema.expected === 'string') return schema.expected;
  if (schema.pattern !== undefined) return `text that matches ${schema.pattern}`;
  return `text${ofSize(schema.minLength, schema.maxLength, 'characters')}`;
}

function expectedList(schema: JsonSchema): string {
  return `a list${ofSize(schema.minItems, schema.maxItems, 'entries')}`;
}

function ofSize(least: number | undefined, most: number | undefined, unit: string): string {
  if (least !== undefined && most !== undefined) return ` of ${least} to ${most} ${unit}`;
  if (least !== undefined) return ` of at least ${least} ${unit}`;
  return most === undefined ? '' : ` of at most ${most} ${unit}`;
}

function within(least: number | undefined, most: number | undefined): string {
  if (least !== undefined && most !== undefined) return ` from ${least} to ${most}`;
  if (least !== undefined) return ` of at least ${least}`;
  return most === undefined ? '' : ` of at most ${most}`;
}

/** Whole numbers carry the safe integers as bounds when the schema sets none; these say nothing to a reader. */
function bound(limit: number | undefined): number | undefined {
  return limit === undefined || Math.abs(limit) >= Number.MAX_SAFE_INTEGER ? undefined : limit;
}
