/** Reads the reference tables of the README, so that tests can hold them to the schemas, tables and declarations. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { z } from 'zod';
import { allPaths } from '../environment.ts';
import { shapeOf } from '../shape.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

/** The text below a heading, to the next one. */
export function readmeSection(heading: string, file = 'README.md'): string {
  return (
    read(`../../${file}`)
      .split(new RegExp(`\\n##+ ${heading}\\n`))[1]
      ?.split(/\n##+ /)[0] ?? ''
  );
}

/** The rows of the table in a section whose first cell is code: the code spans of each cell. */
export function readmeTable(heading: string, file?: string): readonly (readonly (readonly string[])[])[] {
  const spans = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
  return readmeSection(heading, file)
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').slice(1, -1).map(spans));
}

/** Option → default as the README says it; undefined where it says none. */
export function documentedOptions(heading: string, file?: string): ReadonlyMap<string, string | undefined> {
  const documented = new Map<string, string | undefined>();
  for (const [[first = '', ...others] = [], defaults = []] of readmeTable(heading, file)) {
    // A leading dot stands for what the first name begins with.
    const names = [first, ...others.map((name) => first.slice(0, first.lastIndexOf('.')) + name)];
    names.forEach((name, index) => {
      documented.set(name, defaults[index]);
    });
  }
  return documented;
}

/** Every option of a schema that holds a value, `[]` for the entries of a list. */
export function optionsOf(schema: z.ZodType): readonly string[] {
  const names = allPaths(shapeOf(schema)).map((path) => path.join('.').replaceAll('.#', '[]'));
  const leaves = names.filter(
    (name) => !names.some((other) => other.startsWith(`${name}.`) || other.startsWith(`${name}[]`)),
  );
  // A list of plain values is one option.
  return leaves.map((name) => (name.endsWith('[]') ? name.slice(0, -2) : name));
}

/** Option → value as an example file in `config/` writes it. */
export function exampleValues(file: string): ReadonlyMap<string, string> {
  const example = new Map<string, string>();
  const collect = (value: unknown, path: string): void => {
    if (Array.isArray(value) && value.length > 0) {
      for (const entry of value) collect(entry, typeof entry === 'object' ? `${path}[]` : path);
    } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [key, child] of Object.entries(value)) collect(child, path === '' ? key : `${path}.${key}`);
    } else example.set(path, Array.isArray(value) ? '[]' : String(value));
  };
  collect(parse(read(`../${file}`)), '');
  return example;
}
