/** The node's README names every option with its default, every refusal with its status, and every metric. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSchema } from '../config/node-schema.ts';
import { documentedOptions, exampleValues, optionsOf, readmeSection, readmeTable } from '../config/testing/readme.ts';
import { ERRORS } from './errors.ts';
import { COUNTED, READ, TIMED } from './metrics/declarations.ts';

const FILE = 'node/README.md';

test('every option is in the reference, with the default of the example', () => {
  const documented = documentedOptions('Options', FILE);
  assert.deepEqual([...documented.keys()].sort(), [...optionsOf(nodeSchema)].sort());
  const example = exampleValues('node.yaml');
  for (const [option, value] of documented) {
    if (value !== undefined) assert.equal(value, example.get(option), option);
  }
});

test('every refusal is in the error table, with its status', () => {
  const rows = readmeSection('Refusals', FILE).matchAll(/^\| `(\w+)` \| (\d+) \|/gm);
  const documented = [...rows].map(([, code, status]) => `${code} ${status}`);
  const refusals = Object.entries(ERRORS).map(([code, { status }]) => `${code} ${status}`);
  assert.deepEqual(documented.sort(), refusals.sort());
});

test('every metric is in the reference', () => {
  const documented = readmeTable('Metrics', FILE).flatMap(([names = []]) => names);
  const declared = [COUNTED, TIMED, READ].flatMap((table) => Object.keys(table));
  assert.deepEqual([...documented].sort(), declared.sort());
});
