/** What pages say by hand of options, errors, metrics and commands is what the program has. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Command } from 'commander';
import { parse } from 'yaml';
import { z } from 'zod';
import { nodeSchema } from '../config/node-schema.ts';
import { proxySchema } from '../config/proxy-schema.ts';
import { shapeOf } from '../config/shape.ts';
import { validate } from '../config/validation.ts';
import { ERRORS } from '../node/errors.ts';
import { COUNTED, READ, TIMED } from '../node/metrics/declarations.ts';
import * as exitCodes from '../proxy/anchor/exit-codes.ts';
import { addCommands } from '../proxy/control/commands.ts';
import { changesBetween } from '../proxy/control/config-changes.ts';
import { REFUSALS } from '../proxy/http/refusals.ts';
import { METRICS } from '../proxy/observe/metric-table.ts';
import { optionsOf } from './option-tables.ts';
import { allPages, codeRows, fencesIn, ROOT, sectionOf } from './pages.ts';

const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const proxyOptions = optionsOf(proxySchema);
const nodeOptions = optionsOf(nodeSchema);

/** Option → value as an example file in `config/` writes it. */
function exampleValues(file: string): ReadonlyMap<string, unknown> {
  const example = new Map<string, unknown>();
  const collect = (value: unknown, path: string): void => {
    if (Array.isArray(value) && value.some((entry) => typeof entry === 'object')) {
      for (const entry of value) collect(entry, `${path}[]`);
    } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [key, child] of Object.entries(value)) collect(child, path === '' ? key : `${path}.${key}`);
    } else example.set(path, value);
  };
  collect(parse(textOf(`config/${file}`)), '');
  return example;
}

for (const [file, options] of [
  ['cobrowse.yaml', proxyOptions],
  ['node.yaml', nodeOptions],
] as const) {
  test(`config/${file} has the defaults that the reference has`, () => {
    const example = exampleValues(file);
    for (const { name, shape } of options) {
      const { preset } = shape.about;
      if (preset === undefined || shape.kind === 'mapping' || !example.has(name)) continue;
      const value = example.get(name);
      assert.deepEqual(Array.isArray(preset) || typeof preset === typeof value ? value : String(value), preset, name);
    }
  });
}

test('the reference says which options a reload applies by other workers, or by moving the admin listener', () => {
  const nodes = [{ name: 'a', url: 'http://127.0.0.1:1/' }];
  const before = proxySchema.parse({ nodes });
  const marked = (reload: string): readonly string[] =>
    proxyOptions.filter(({ shape }) => shape.about.reload === reload).map(({ name }) => name);
  const listeners = { host: [{ host: '127.0.0.2' }], port: [{ port: 1 }] };
  for (const [key, changed] of Object.entries(listeners)) {
    const changes = changesBetween(before, proxySchema.parse({ nodes, listeners: changed }));
    assert.equal(changes.needsNewWorkers, marked('workers').includes(`listeners[].${key}`), key);
  }
  for (const [key, admin] of Object.entries({ host: { host: '127.0.0.2' }, port: { port: 1 } })) {
    assert.equal(changesBetween(before, proxySchema.parse({ nodes, admin })).movesAdmin, true);
    assert.ok(marked('moves').includes(`admin.${key}`), key);
  }
  const others = changesBetween(
    before,
    proxySchema.parse({ nodes, listeners: [{ audience: 'public', http2: true }], admin: { token: 'x'.repeat(16) } }),
  );
  assert.deepEqual([others.needsNewWorkers, others.movesAdmin], [false, false]);
});

test('the table of limits has every limit there is, their defaults, and metrics that exist', () => {
  const limits = new Map<string, string | undefined>();
  const rows = codeRows(sectionOf(textOf('proxy/traffic/README.md'), 'Limits'));
  for (const [[first = '', ...others] = [], defaults = []] of rows) {
    // A leading dot stands for what the first name begins with.
    const names = [first, ...others.map((name) => first.slice(0, first.lastIndexOf('.')) + name)];
    names.forEach((name, index) => {
      limits.set(name, defaults[index]);
    });
  }
  const presets = new Map(proxyOptions.map(({ name, shape }) => [name, shape.about.preset]));
  for (const [name, value] of limits) {
    assert.ok(presets.has(name), name);
    assert.equal(value, presets.get(name)?.toString(), name);
  }
  const leaves = proxyOptions.filter(({ shape }) => shape.kind === 'scalar').map(({ name }) => name);
  assert.deepEqual(
    leaves.filter((name) => name.startsWith('limits.') && !limits.has(name)),
    [],
  );
  const metrics = new Set(METRICS.map(({ name }) => name));
  for (const name of rows.flatMap((cells) => cells.at(-1) ?? [])) assert.ok(metrics.has(name), name);
});

for (const [page, table] of [
  ['proxy/http/ERRORS.md', REFUSALS],
  ['node/README.md', ERRORS],
] as const) {
  test(`every refusal is in ${page}, with its status`, () => {
    const documented = [...textOf(page).matchAll(/^\| `(\w+)` \| (\d+) \|/gm)].map(
      ([, code, status]) => `${code} ${status}`,
    );
    const refusals = Object.entries(table).map(([code, { status }]) => `${code} ${status}`);
    assert.deepEqual(documented.sort(), refusals.sort());
  });
}

test('every command and each of its options is in the table of commands, and every exit code in its own', () => {
  const section = sectionOf(textOf('proxy/control/README.md'), 'Commands');
  const program = new Command();
  addCommands(program);
  const named = codeRows(section).flatMap(([commands = []]) => commands.map((text) => text.split(' ')[0]));
  const commands = program
    .createHelp()
    .visibleCommands(program)
    .filter((command) => command.name() !== 'help');
  assert.deepEqual(named.sort(), ['start', ...commands.map((command) => command.name())].sort());
  const options = commands.flatMap((command) => command.options.map(({ long }) => long));
  const told = Array.from(section.matchAll(/`(--[a-z-]+)/g), ([, option]) => option);
  assert.deepEqual([...new Set(told)].sort(), [...new Set([...options, '--help', '--version'])].sort());
  const codes = Array.from(section.matchAll(/^\| (\d+) \|/gm), ([, code]) => Number(code));
  assert.deepEqual(
    codes,
    Object.values(exitCodes).sort((a, b) => a - b),
  );
});

test('options and metrics that pages name are there', () => {
  const options = new Set([...proxyOptions, ...nodeOptions].map(({ name }) => name));
  const groups = new Set([...options].flatMap((name) => /^\w+(?=\.|\[)/.exec(name) ?? []));
  const metrics = new Set([...METRICS.map(({ name }) => name), ...[COUNTED, TIMED, READ].flatMap(Object.keys)]);
  for (const { path, text } of allPages()) {
    for (const [, name = ''] of text.matchAll(/`(\w+(?:\[\])?(?:\.\w+(?:\[\])?)+)`/g)) {
      const [group = ''] = /^\w+/.exec(name) ?? [];
      // Files look the same: `proxy.yaml`.
      if (groups.has(group) && !/\.(?:ya?ml|json|ts|md)$/.test(name)) assert.ok(options.has(name), `${path}: ${name}`);
    }
    for (const [, name = ''] of text.matchAll(/`(?:cobrowse_(?:proxy|node)_)?(\w+_total)(?:\{[^`]*\})?`/g)) {
      assert.ok(metrics.has(name) || name === 'process_cpu_seconds_total', `${path}: ${name}`);
    }
  }
});

test('configurations in pages are valid', () => {
  const shape = shapeOf(proxySchema);
  const nodes = [{ name: 'a', url: 'http://127.0.0.1:1/' }];
  const parts = allPages().flatMap(({ path, text }) =>
    fencesIn(text)
      .filter(({ language, words }) => language === 'yaml' && words.length === 0)
      .map(({ code, line }) => ({ place: `${path}:${line}`, part: z.looseObject({}).parse(parse(code)) })),
  );
  assert.ok(parts.length > 0);
  for (const { place, part } of parts) {
    const validation = validate(proxySchema, shape, { nodes, ...part });
    assert.deepEqual(validation.ok ? [] : validation.faults, [], place);
  }
});
