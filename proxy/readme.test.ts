/** The README's references name every option with its default, every refusal with its status, and every metric. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { REFUSALS } from './http/refusals.ts';
import { METRICS } from './observe/metrics.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const README = read('../README.md');

/** The rows of the table under a heading: the code spans of each cell. */
function table(heading: string): readonly (readonly (readonly string[])[])[] {
  const section = README.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '')),
    );
}

/** ``['health.interval', '.fastInterval']`` → both in full: a leading dot stands for what the first begins with. */
function inFull([first = '', ...others]: readonly string[]): readonly string[] {
  return [first, ...others.map((name) => first.slice(0, first.lastIndexOf('.')) + name)];
}

test('every option is in the configuration reference, with the default of the example', () => {
  const documented = new Map<string, string | undefined>();
  for (const [keys = [], defaults = []] of table('Configuration')) {
    inFull(keys).forEach((key, index) => {
      documented.set(key, defaults[index]);
    });
  }
  const example = new Map<string, string>();
  const collect = (value: unknown, path: string): void => {
    if (Array.isArray(value) && value.length > 0) for (const entry of value) collect(entry, `${path}[]`);
    else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [key, child] of Object.entries(value)) collect(child, path === '' ? key : `${path}.${key}`);
    } else example.set(path, Array.isArray(value) ? '[]' : String(value));
  };
  collect(parse(read('../config/cobrowse.yaml')), '');
  assert.deepEqual([...documented.keys()].sort(), [...example.keys()].sort());
  for (const [key, value] of documented) {
    if (value !== undefined) assert.equal(value, example.get(key), key);
  }
});

test('every refusal is in the error table, with its status', () => {
  const section = README.split('\n## What the proxy answers by itself\n')[1]?.split('\n## ')[0] ?? '';
  const documented = [...section.matchAll(/^\| `(\w+)` \| (\d+) \|/gm)].map(([, code, status]) => `${code} ${status}`);
  assert.deepEqual(
    documented.sort(),
    Object.entries(REFUSALS)
      .map(([code, { status }]) => `${code} ${status}`)
      .sort(),
  );
});

test('every metric is in the metrics reference', () => {
  const documented = table('Watching it').flatMap(([names = []]) => names);
  assert.deepEqual([...documented].sort(), METRICS.map(({ name }) => name).sort());
});
