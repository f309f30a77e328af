/** What the page on discovery shows is valid, and its words are those of the schema. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { discovery } from './discovery-schema.ts';
import { readNodeList } from './node-list.ts';
import { proxySchema } from './proxy-schema.ts';

const PAGE = readFileSync(new URL('DISCOVERY.md', import.meta.url), 'utf8');
const BLOCKS = [...PAGE.matchAll(/^```yaml(?: nodes\.yaml)?\n(.*?)^```$/gms)].map(([, block = '']) => block);

test('its examples are configurations', () => {
  const [sources = '', list = ''] = BLOCKS;
  assert.equal(BLOCKS.length, 2);
  assert.equal(proxySchema.parse(parse(sources)).discovery.dns.length, 2);
  const { nodes, problems } = readNodeList('nodes.yaml', list);
  assert.deepEqual([nodes.length, problems], [2, []]);
});

test('its defaults are those of the schema', () => {
  const { dns, forget } = discovery.parse({ dns: [{ name: 'a' }] });
  assert.deepEqual([dns[0]?.minTtl, dns[0]?.maxTtl, forget], [1000, 300_000, 300_000]);
  for (const text of ['`minTtl` (1s)', '`maxTtl` (5m)', '`forget` (5m)']) assert.ok(PAGE.includes(text), text);
});
