import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Of every system that the script itself runs on. */
const THERE = ['bash'];

test('a fresh machine gets every program that tests do not go without', () => {
  const [, list = ''] = /^readonly services=\(\n(.*?)\n\)$/ms.exec(readFileSync(join(ROOT, '.ci/run'), 'utf8')) ?? [];
  const installed = list
    .trim()
    .split(/\s+/)
    .map((service) => service.replace(/:.*/, ''));
  const wanted = ['bench', 'config', 'node', 'proxy'].flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .flatMap((path) => [...readFileSync(join(ROOT, room, path), 'utf8').matchAll(/skipWithout\('([^']+)'\)/g)])
      .map(([, program = '']) => program),
  );
  assert.ok(wanted.includes('promtool'));
  assert.deepEqual(
    wanted.filter((program) => ![...installed, ...THERE].includes(program)),
    [],
  );
});
