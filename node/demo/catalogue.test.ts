import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { startTestNode } from '../testing/nodes.ts';
import { demo } from './catalogue.ts';

const ASSETS = new URL('./assets/', import.meta.url);
const names = readdirSync(ASSETS);

test('what there is, is served, and nothing else', () => {
  const listed = [...demo().values()].map(({ file }) => file.slice(file.lastIndexOf('/') + 1));
  assert.deepEqual(listed.toSorted(), names.toSorted());
});

describe('pages', () => {
  for (const path of ['/demo/', '/demo/customer', '/demo/agent']) {
    test(`${path} runs scripts of the node alone`, async (t) => {
      const node = await startTestNode(t);
      const { status, headers } = await fetch(`${node.url}${path}`);
      assert.equal(status, 200);
      assert.equal(headers.get('content-type'), 'text/html; charset=utf-8');
      assert.equal(headers.get('cache-control'), 'no-cache');
      const policy = headers.get('content-security-policy') ?? '';
      assert.match(policy, /^default-src 'none'; script-src 'self'; worker-src blob:; style-src 'self'/);
      assert.equal(policy.includes("'unsafe-inline'"), path === '/demo/agent');
    });
  }
});

test('without the slash there is no demo: relative addresses would lead elsewhere', async (t) => {
  const node = await startTestNode(t);
  assert.equal((await fetch(`${node.url}/demo`)).status, 404);
});

test('no file names another server', () => {
  for (const name of names) assert.doesNotMatch(readFileSync(new URL(name, ASSETS), 'utf8'), /https?:|url\(/, name);
});
