import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadProxy } from './load.ts';

const NODES = [{ name: 'a', url: 'http://127.0.0.1:8701' }];

async function filesOf(t: TestContext, admin: object, stateFile: string) {
  const directory = await mkdtemp(join(tmpdir(), 'cobrowse-proxy-'));
  t.after(() => rm(directory, { recursive: true }));
  const file = join(directory, 'config.yaml');
  await writeFile(file, JSON.stringify({ nodes: NODES, admin, stateFile }));
  const loaded = loadProxy(relative('.', file));
  assert.ok(loaded.ok);
  const { config } = loaded;
  return [config.admin.tokenFile, config.stateFile].map((name) => name.replace(directory, 'DIR'));
}

test('files are found beside the configuration, wherever the program was started', async (t) => {
  assert.deepEqual(await filesOf(t, { tokenFile: 'token' }, 'below/state.json'), ['DIR/token', 'DIR/below/state.json']);
});

test('files with an absolute name are where it says', async (t) => {
  assert.deepEqual(await filesOf(t, { tokenFile: '/run/token' }, '/run/state'), ['/run/token', '/run/state']);
});

test('no file is none', async (t) => {
  assert.deepEqual(await filesOf(t, {}, ''), ['', '']);
});
