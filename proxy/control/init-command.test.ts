import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import test, { type TestContext } from 'node:test';
import type { Draft } from '../../config/draft.ts';
import { writeCertificate } from '../testing/certificate-files.ts';
import { mint } from '../testing/certificates.ts';
import { DRAFT, draftOf, writeDraft } from './init-command.ts';
import { askDraft } from './init-questions.ts';
import { loadProxy } from './load.ts';
import { Progress } from './progress.ts';

const NODES = [{ name: 'CB_1', url: 'http://10.0.0.1:8700/cobrowse' }];

async function room(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'cobrowse-init-'));
  t.after(() => rm(directory, { recursive: true }));
  const said = { out: '', errors: '' };
  const out = { write: (text: string) => (said.out += text) };
  const errors = { write: (text: string) => (said.errors += text) };
  return { directory, file: join(directory, 'new.yaml'), said, progress: new Progress(out, errors) };
}

function checked(file: string) {
  const loaded = loadProxy(file);
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.config;
}

test('what is written passes check, and says what it was told', async (t) => {
  const { file, progress } = await room(t);
  const nodes = [
    ...NODES,
    { name: '007', url: 'https://[2001:db8::1]/a' },
    { name: 'true', url: 'http://c/#'.slice(0, 9) },
  ];
  const draft: Draft = { ...DRAFT, listeners: [{ host: '::', port: 80 }], base: '/', cookie: 'other', nodes };
  assert.equal(writeDraft(file, draft, progress), 0);
  const config = checked(file);
  assert.deepEqual(
    config.nodes.map(({ name }) => name),
    ['CB_1', '007', 'true'],
  );
  assert.deepEqual([config.listeners[0]?.host, config.listeners[0]?.port, config.base], ['::', 80, '']);
  assert.equal(config.affinity.cookie, 'other');
});

test('what is there already stays as it is', async (t) => {
  const { file, said, progress } = await room(t);
  writeFileSync(file, 'mine');
  assert.equal(writeDraft(file, { ...DRAFT, nodes: NODES }, progress), 1);
  assert.equal(readFileSync(file, 'utf8'), 'mine');
  assert.equal(said.errors, `cobrowse-proxy: ${file} is there already, and stays as it is\n`);
});

test('what would not pass check is not written: one line for each problem, and exit code 2', async (t) => {
  const { file, said, progress } = await room(t);
  const draft = { ...DRAFT, base: 'x', nodes: [...NODES, ...NODES, { name: 'CB_3', url: 'ftp://c' }] };
  assert.equal(writeDraft(file, draft, progress), 2);
  assert.ok(!existsSync(file));
  const lines = said.errors.trimEnd().split('\n');
  assert.ok(lines.length >= 2 && lines.every((line) => line.startsWith('cobrowse-proxy: ')), said.errors);
  assert.match(said.errors, /base: expected a path/);
});

test('a map of NGINX becomes a configuration, with its certificate; flags win', async (t) => {
  const { directory, file, said, progress } = await room(t);
  await writeCertificate(directory, 'lb', mint({ names: ['lb.example'] }));
  const fromNginx = join(directory, 'nginx.conf');
  const server = 'listen 8443 ssl; ssl_certificate lb.pem; ssl_certificate_key lb.key;';
  writeFileSync(
    fromNginx,
    `map $cookie_gcbSessionServer $n { CB_1 10.0.0.1:8700; ~x.*y z; }
     server { ${server} location /gcb/cobrowse { proxy_pass http://$n; } }`,
  );
  const draft = draftOf({ fromNginx }, progress);
  assert.ok(draft);
  assert.equal(said.errors, `cobrowse-proxy: ${fromNginx}:1: ~x.*y: left out, expected one node's name\n`);
  assert.equal(writeDraft(file, draft, progress), 0, said.errors);
  const { listeners, base } = checked(file);
  assert.deepEqual([base, listeners[0]?.port, listeners[0]?.tls?.certificates.length], ['/gcb/cobrowse', 8443, 1]);
  const listen = { host: '127.0.0.1', port: 80 };
  const other = draftOf({ fromNginx, listen, base: '/b' }, progress);
  assert.deepEqual([other?.listeners, other?.base], [[listen], '/b']);
});

test('a file that is no such configuration is one line', async (t) => {
  const { directory, said, progress } = await room(t);
  assert.equal(draftOf({ fromNginx: join(directory, 'none') }, progress), undefined);
  assert.match(said.errors, /^cobrowse-proxy: [^\n]*: cannot be read: no such file\n$/);
});

/** Each answer is typed when its question is there. */
async function asked(answers: readonly string[], said = {}): Promise<{ draft: Draft | undefined; shown: string }> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const left = [...answers];
  let shown = '';
  output.on('data', (chunk: Buffer) => {
    shown += chunk;
    if (!chunk.toString().endsWith(': ')) return;
    const answer = left.shift();
    if (answer === undefined) input.end();
    else input.write(`${answer}\n`);
  });
  return { draft: await askDraft(input, output, DRAFT, said), shown };
}

test('questions: defaults on an empty answer, a wrong one is asked again', async () => {
  const { draft, shown } = await asked([
    '',
    'x',
    '/app',
    'a b',
    'CB_1',
    'ftp://x',
    'http://a/',
    'CB_1',
    'CB_2',
    'http://b/',
    '',
  ]);
  assert.deepEqual(draft, {
    ...DRAFT,
    base: '/app',
    nodes: [
      { name: 'CB_1', url: 'http://a/' },
      { name: 'CB_2', url: 'http://b/' },
    ],
  });
  assert.match(
    shown,
    /expected a path such as .*expected 1 to 128 letters.*expected an http.*there is a CB_1 already/s,
  );
});

test('questions: what flags say is not asked, and whoever leaves gets no file', async () => {
  const { draft, shown } = await asked([], { listen: { host: '::', port: 1 }, base: '/x' });
  assert.equal(draft, undefined);
  assert.equal(shown, 'Name of a node, as its cookie says: ');
});
