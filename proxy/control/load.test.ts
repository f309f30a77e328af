import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadProxy } from './load.ts';

const A = 'a'.repeat(16);
const B = 'b'.repeat(16);
const NODES = [{ name: 'a', url: 'http://127.0.0.1:8701' }];

interface Files {
  /** As the configuration names it; `DIR`: where the configuration is. */
  readonly tokenFile?: string;
  readonly stateFile?: string;
  /** More of the admin listener's options. */
  readonly admin?: object;
  /** By name. */
  readonly tokens?: Readonly<Record<string, string>>;
}

async function load(t: TestContext, { tokenFile, stateFile = '', admin, tokens = {} }: Files) {
  const directory = await mkdtemp(join(tmpdir(), 'cobrowse-proxy-'));
  t.after(() => rm(directory, { recursive: true }));
  const file = join(directory, 'config.yaml');
  const config = { nodes: NODES, admin: { ...admin, ...(tokenFile !== undefined && { tokenFile }) }, stateFile };
  await writeFile(file, JSON.stringify(config).replaceAll('DIR', directory));
  for (const [name, text] of Object.entries(tokens)) await writeFile(join(directory, name), text);
  const loaded = loadProxy(relative('.', file));
  if (!loaded.ok) return { problems: loaded.problems.map(({ path, message }) => `${path}: ${message}`) };
  const { admin: located, stateFile: state } = loaded.config;
  return { files: [located.tokenFile, state].map((name) => name.replace(directory, 'DIR')) };
}

test('files are found beside the configuration, wherever the program was started', async (t) => {
  const { files } = await load(t, { tokenFile: 'token', stateFile: 'below/state.json', tokens: { token: A } });
  assert.deepEqual(files, ['DIR/token', 'DIR/below/state.json']);
});

test('files with an absolute name are where it says', async (t) => {
  const { files } = await load(t, { tokenFile: 'DIR/token', stateFile: '/run/state', tokens: { token: A } });
  assert.deepEqual(files, ['DIR/token', '/run/state']);
});

test('no file is none', async (t) => {
  assert.deepEqual((await load(t, {})).files, ['', '']);
});

test('a token file that cannot be had, or a token of both roles, is a problem of the configuration', async (t) => {
  const absent = await load(t, { tokenFile: '/no/such/file' });
  assert.deepEqual(absent.problems, ['admin.tokenFile: /no/such/file: cannot be read: no such file']);
  const both = await load(t, { tokenFile: 'token', admin: { readToken: `${B} ${A}` }, tokens: { token: A } });
  assert.deepEqual(both.problems, ['admin.readToken: expected no token that may give orders as well']);
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
