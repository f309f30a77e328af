/** The README's references name every option with its default, every refusal with its status, and every metric. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Command } from 'commander';
import { proxySchema } from '../config/proxy-schema.ts';
import { documentedOptions, exampleValues, optionsOf, readmeSection, readmeTable } from '../config/testing/readme.ts';
import * as exitCodes from './anchor/exit-codes.ts';
import { addCommands } from './control/commands.ts';
import { REFUSALS } from './http/refusals.ts';
import { METRICS } from './observe/metric-table.ts';

test('every option is in the configuration reference, with the default of the example', () => {
  const documented = documentedOptions('Configuration');
  assert.deepEqual([...documented.keys()].sort(), [...optionsOf(proxySchema)].sort());
  const example = exampleValues('cobrowse.yaml');
  for (const [option, value] of documented) {
    if (value !== undefined) assert.equal(value, example.get(option), option);
  }
});

test('the table of limits has the defaults of the reference, every limit there is, and metrics that exist', () => {
  const reference = documentedOptions('Configuration');
  const limits = documentedOptions('Limits');
  for (const [option, value] of limits) {
    assert.ok(reference.has(option), option);
    assert.equal(value, reference.get(option), option);
  }
  const missing = [...reference.keys()].filter((option) => option.startsWith('limits.') && !limits.has(option));
  assert.deepEqual(missing, []);
  const metrics = new Set(METRICS.map(({ name }) => name));
  const named = readmeTable('Limits').flatMap((cells) => cells.at(-1) ?? []);
  assert.deepEqual(
    named.filter((name) => !metrics.has(name)),
    [],
  );
});

test('every refusal is in the error table, with its status', () => {
  const rows = readmeSection('What the proxy answers by itself').matchAll(/^\| `(\w+)` \| (\d+) \|/gm);
  const documented = [...rows].map(([, code, status]) => `${code} ${status}`);
  const refusals = Object.entries(REFUSALS).map(([code, { status }]) => `${code} ${status}`);
  assert.deepEqual(documented.sort(), refusals.sort());
});

test('every metric is in the metrics reference', () => {
  const documented = readmeTable('Watching it').flatMap(([names = []]) => names);
  assert.deepEqual([...documented].sort(), METRICS.map(({ name }) => name).sort());
});

test('every test that SECURITY.md names is there', () => {
  const text = readFileSync(new URL('../SECURITY.md', import.meta.url), 'utf8');
  const named = Array.from(text.matchAll(/`([\w/.-]+\.test\.ts)`/g), ([, file = '']) => file);
  assert.ok(named.length > 20);
  for (const file of named) assert.ok(existsSync(new URL(`../${file}`, import.meta.url)), file);
});

test('every command and each of its options is in the table of commands, and every exit code in its own', () => {
  const section = readmeSection('Commands');
  const program = new Command();
  addCommands(program);
  const named = readmeTable('Commands').flatMap(([commands = []]) => commands.map((text) => text.split(' ')[0]));
  assert.deepEqual(named.sort(), ['start', ...program.commands.map((command) => command.name())].sort());
  const options = program.commands.flatMap((command) => command.options.map(({ long }) => long));
  const told = Array.from(section.matchAll(/`(--[a-z-]+)/g), ([, option]) => option);
  assert.deepEqual([...new Set(told)].sort(), [...new Set([...options, '--help', '--version'])].sort());
  const codes = Array.from(section.matchAll(/^\| (\d+) \|/gm), ([, code]) => Number(code));
  assert.deepEqual(codes, Object.values(exitCodes).sort());
});
