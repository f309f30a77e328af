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

test('keys that sign the cookie come from a file, and whatever else it holds is not shown', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'cobrowse-proxy-'));
  t.after(() => rm(directory, { recursive: true }));
  const file = join(directory, 'config.yaml');
  const keyFile = join(directory, 'keys');
  await writeFile(file, JSON.stringify({ nodes: NODES, affinity: { signature: { keyFile: 'keys' } } }));
  const load = async (text: string) => {
    await writeFile(keyFile, text);
    const loaded = loadProxy(file);
    assert.equal(loaded.certificates.files.get(keyFile), text);
    return loaded.ok
      ? loaded.config.affinity.signature.keys
      : loaded.problems.map(({ path, message }) => `${path}: ${message.replace(directory, 'DIR')}`);
  };
  const [one, other] = ['1'.repeat(32), '2'.repeat(32)] as const;
  assert.deepEqual(await load(`${one}\r\n\n  ${other}\n`), [one, other]);
  const expected = 'DIR/keys: expected 1 to 16 lines of 32 to 512 letters, digits or -._~+/=';
  for (const text of ['', 'short', `${one}\nof two words and more than so long`, `${one}\n`.repeat(17)]) {
    assert.deepEqual(await load(text), [`affinity.signature.keyFile: ${expected}`]);
  }
  await rm(keyFile);
  const missing = loadProxy(file);
  assert.ok(!missing.ok && missing.problems[0]?.message.endsWith('keys: cannot be read: no such file'));
});
