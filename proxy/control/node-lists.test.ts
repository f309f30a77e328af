/** Nodes in files beside the configuration, and in the files of directories, as Kubernetes mounts a ConfigMap. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { formatProblem } from '../../config/problems.ts';
import { ConfigWatch } from './config-watch.ts';
import { loadProxy } from './load.ts';

const A = { name: 'a', url: 'http://127.0.0.1:8701/cobrowse' };
const B = { name: 'b', url: 'http://127.0.0.1:8702/cobrowse' };
const C = { name: 'c', url: 'http://127.0.0.1:8703/cobrowse' };

/** Files by name. */
async function directoryOf(t: TestContext, files: Readonly<Record<string, unknown>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cobrowse-lists-'));
  t.after(() => rm(directory, { recursive: true }));
  await mkdir(join(directory, 'nodes.d'));
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(directory, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return directory;
}

function nodesIn(directory: string): readonly string[] {
  const result = loadProxy(join(directory, 'proxy.yaml'));
  if (!result.ok) return result.problems.map((problem) => formatProblem(problem).replaceAll(directory, 'DIR'));
  return result.config.nodes.map((node) => `${node.name} ${'source' in node ? node.source : 'configured'}`);
}

test('nodes of files and directories come after those of the configuration, each with its source', async (t) => {
  const directory = await directoryOf(t, {
    'proxy.yaml': { nodes: [A], discovery: { files: ['more.json'], directories: ['nodes.d'] } },
    'more.json': [B],
    'nodes.d/1.yaml': '[]',
    'nodes.d/2.yml': '- name: c\n  url: http://127.0.0.1:8703/cobrowse\n',
    'nodes.d/.hidden.yaml': 'nonsense',
    'nodes.d/notes.txt': 'nonsense',
  });
  assert.deepEqual(nodesIn(directory), ['a configured', 'b file more.json', 'c file nodes.d/2.yml']);
});

test('what is wrong is told with the file, the place in it, and what was expected', async (t) => {
  const directory = await directoryOf(t, {
    'proxy.yaml': {
      nodes: [A],
      discovery: { files: ['b.yaml', 'none.yaml', 'c.yaml'], directories: ['b.yaml', 'nodes.d'] },
    },
    'b.yaml': '- name: b\n  url: ftp://b\n',
    'c.yaml': JSON.stringify([
      { ...B, name: 'a' },
      { ...C, url: 'https://c', tls: { ca: 'ca.pem' } },
    ]),
    'nodes.d/empty.yaml': '',
  });
  assert.deepEqual(nodesIn(directory), [
    'DIR/proxy.yaml:1:95: discovery.files[1]: DIR/none.yaml: cannot be read: no such file',
    'DIR/proxy.yaml:1:132: discovery.directories[0]: DIR/b.yaml: cannot be read: is no directory',
    'DIR/b.yaml:2:8: [0].url: expected an http or https URL such as http://10.0.0.1:8700/cobrowse, without query, got "ftp://b"',
    'DIR/nodes.d/empty.yaml:1:1: expected a list of nodes, [] for none, got an empty document',
    'DIR/c.yaml:1:10: [0].name: expected a name of its own (nodes[0] has the same)',
    'DIR/c.yaml:1:96: [1].tls.ca: DIR/ca.pem: cannot be read: no such file',
  ]);
});

test('more nodes than there may be are refused', async (t) => {
  const directory = await directoryOf(t, {
    'proxy.yaml': { discovery: { files: ['nodes.json'], maxNodes: 2 } },
    'nodes.json': [A, B, C],
  });
  assert.deepEqual(nodesIn(directory), [
    'DIR/proxy.yaml:1:49: discovery.maxNodes: expected at most 2 in all files together, got 3',
  ]);
});

test('a ConfigMap whose data is swapped, in files and their names, is a change', async (t) => {
  const directory = await directoryOf(t, { 'proxy.yaml': { discovery: { directories: ['nodes.d'] } } });
  const mount = join(directory, 'nodes.d');
  /** In one go: the watch, which a busy machine may wake at any moment, sees none of it or all. */
  const mounted = (version: string, files: Readonly<Record<string, unknown>>): void => {
    mkdirSync(join(mount, version));
    for (const [name, nodes] of Object.entries(files)) {
      writeFileSync(join(mount, version, name), JSON.stringify(nodes));
      if (!readdirSync(mount).includes(name)) symlinkSync(`..data/${name}`, join(mount, name));
    }
    symlinkSync(version, join(mount, '..next'));
    renameSync(join(mount, '..next'), join(mount, '..data'));
  };
  mounted('..1', { 'one.json': [A] });
  const load = () => loadProxy(join(directory, 'proxy.yaml'));
  const changes: (() => void)[] = [];
  const watch = new ConfigWatch({ files: [], onChange: () => changes.shift()?.(), lookIntervalMs: 20 });
  t.after(() => watch.stop());
  // The interval alone does not keep the process alive.
  const alive = setInterval(() => {}, 1000);
  t.after(() => clearInterval(alive));
  watch.follow(load().certificates.files);
  watch.start();
  const change = (): Promise<void> => new Promise((resolve) => changes.push(resolve));

  let changed = change();
  mounted('..2', { 'one.json': [B] });
  await changed;
  assert.equal(await readlink(join(mount, '..data')), '..2');
  assert.deepEqual(nodesIn(directory), ['b file nodes.d/one.json']);
  watch.follow(load().certificates.files);

  changed = change();
  mounted('..3', { 'one.json': [B], 'two.json': [C] });
  await changed;
  assert.deepEqual(nodesIn(directory), ['b file nodes.d/one.json', 'c file nodes.d/two.json']);
});
