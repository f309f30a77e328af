/**
 * The options of a program as tables, a section for each key of the first level. Nothing is known here but the schema.
 */
import { stringify } from 'yaml';
import type { z } from 'zod';
import { variableName } from '../config/key-path.ts';
import { type Shape, shapeOf } from '../config/shape.ts';

export interface OptionTables {
  readonly schema: z.ZodType;
  /** Of variables. */
  readonly prefix: string;
  /** By the name of an option. */
  readonly flags?: ReadonlyMap<string, string>;
}

export interface Option {
  /** `nodes[].url`. */
  readonly name: string;
  /** Without the prefix; 0 stands for an index. */
  readonly variable: string;
  readonly shape: Shape;
}

const RELOAD = {
  workers: 'when a reload changes it, new workers take over',
  moves: 'a reload moves the listener',
} as const;

/** All that hold a value, and mappings with something to say, in the order of the schema. */
export function optionsOf(schema: z.ZodType): readonly Option[] {
  return below(shapeOf(schema), '', []);
}

export function optionTables({ schema, prefix, flags }: OptionTables): string {
  const options = optionsOf(schema);
  const general = options.filter(({ name, shape }) => !name.includes('.') && !isGroup(shape));
  const groups = options.filter(({ name, shape }) => !name.includes('.') && isGroup(shape));
  return [
    ...(general.length === 0 ? [] : [['### General', '', ...table(general, prefix, flags)].join('\n')]),
    ...groups.map((group) => {
      const inside = options.filter(
        ({ name }) => name.startsWith(`${group.name}.`) || name.startsWith(`${group.name}[`),
      );
      const { description, preset } = group.shape.about;
      return [
        `### \`${group.name}\``,
        '',
        ...(description === undefined ? [] : [description, '']),
        ...table(inside, prefix, flags),
        ...(Array.isArray(preset) && preset.some((entry) => Object.keys(entry).length > 0)
          ? shown(group.name, preset)
          : []),
      ].join('\n');
    }),
  ].join('\n\n');
}

function below(shape: Shape, name: string, path: readonly (string | number)[]): readonly Option[] {
  if (shape.kind === 'mapping') {
    return [...shape.keys].flatMap(([key, child]) => {
      const option = { name: name === '' ? key : `${name}.${key}`, path: [...path, key], shape: child };
      const children = below(child, option.name, option.path);
      const says = children.length === 0 || option.shape.about.description !== undefined || path.length === 0;
      return says ? [{ ...option, variable: variableName('', option.path) }, ...children] : children;
    });
  }
  return shape.kind === 'list' && shape.entry.kind === 'mapping' ? below(shape.entry, `${name}[]`, [...path, 0]) : [];
}

function isGroup(shape: Shape): boolean {
  return shape.kind === 'mapping' || (shape.kind === 'list' && isGroup(shape.entry));
}

function table(options: readonly Option[], prefix: string, flags?: ReadonlyMap<string, string>): readonly string[] {
  const columns = ['option', 'takes', 'default', 'what it is', `variable: \`${prefix}…\``, ...(flags ? ['flag'] : [])];
  return [
    row(columns),
    `|${'---|'.repeat(columns.length)}`,
    ...options.map(({ name, variable, shape }) => {
      const { description = '', reload } = shape.about;
      const flag = flags?.get(name);
      return row([
        code(name),
        isGroup(shape) ? '' : takes(shape),
        isGroup(shape) ? '' : presetOf(shape),
        [description, reload && RELOAD[reload]].filter(Boolean).join('; '),
        code(variable),
        ...(flags ? [flag === undefined ? '' : code(flag)] : []),
      ]);
    }),
  ];
}

/** What every duration and every size looks like, the page says once. */
const EXAMPLES = /^(a duration|a size) such as .*, (?=from)/;

function takes(shape: Shape): string {
  if (shape.kind === 'list') return `${shape.expected}: ${takes(shape.entry)}`;
  const text = shape.expected.replace(EXAMPLES, '$1 ');
  return shape.kind === 'scalar' && shape.secret ? `${text}; never shown` : text;
}

function presetOf({ about: { preset } }: Shape): string {
  if (preset === undefined) return '';
  return code(typeof preset === 'string' && preset !== '' ? preset : JSON.stringify(preset));
}

function shown(name: string, preset: readonly unknown[]): readonly string[] {
  const lines = preset.map((entry) => `  - ${stringify(entry, { collectionStyle: 'flow', lineWidth: 0 }).trim()}`);
  return ['', 'By default:', '', '```yaml', `${name}:`, ...lines, '```'];
}

function code(text: string): string {
  return `\`${text}\``;
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`.replace(/ {2,}/g, ' ');
}
