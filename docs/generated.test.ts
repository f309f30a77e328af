import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSchema } from '../config/node-schema.ts';
import { proxySchema } from '../config/proxy-schema.ts';
import { GENERATED, namesIn, refreshed } from './generated.ts';
import { optionsOf } from './option-tables.ts';
import { allPages } from './pages.ts';

test('what is made of tables stands in the pages as npm run docs writes it', () => {
  for (const { path, text } of allPages()) {
    const fresh = refreshed(text).split('\n');
    const stale = text.split('\n').find((line, index) => line !== fresh[index]);
    assert.equal(stale, undefined, `${path} is not up to date: npm run docs`);
  }
});

test('each such table stands in one page', () => {
  const names = allPages().flatMap(({ text }) => namesIn(text));
  assert.deepEqual(names.sort(), [...GENERATED.keys()].sort());
});

for (const [what, schema] of Object.entries({ proxy: proxySchema, node: nodeSchema })) {
  test(`each option of the ${what} says what it is`, () => {
    const silent = optionsOf(schema).filter(({ shape }) => shape.about.description === undefined);
    // A list of mappings, or a mapping, may leave it to its entries.
    const options = silent.filter(({ shape }) => shape.kind !== 'mapping');
    assert.deepEqual(
      options.map(({ name }) => name),
      [],
    );
  });
}
