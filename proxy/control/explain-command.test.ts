import assert from 'node:assert/strict';
import test from 'node:test';
import { proxySchema } from '../../config/proxy-schema.ts';
import { askConfig, show } from './explain-command.ts';

const CONFIG = proxySchema.parse({
  listeners: [{ port: 8700 }, { port: 8750, audience: 'public' }],
  nodes: [
    { name: 'CB_1', url: 'http://10.0.0.1:8700/cobrowse', serverUrl: 'https://n1.example/cobrowse' },
    { name: 'CB_2', url: 'http://10.0.0.2:8700/cobrowse' },
  ],
});

async function told(question: Readonly<Record<string, string>>, config = CONFIG, json = false) {
  const said = { out: '', errors: '' };
  const out = { write: (text: string) => (said.out += text) };
  const errors = { write: (text: string) => (said.errors += text) };
  const code = show(await askConfig(config, new URLSearchParams(question)), json, out, errors);
  return { code, ...said };
}

test('by a file alone: every node is up, and the router of a worker decides', async () => {
  assert.deepEqual(await told({ cookie: 'CB_2' }), {
    code: 0,
    out: [
      'goes to     CB_2 (up), and no other',
      'class       live',
      'decided by  cookie (bound)',
      'listener    127.0.0.1:8700',
      'why         A request of class live: its cookie names node CB_2. It goes to node CB_2 and no other.',
      '',
    ].join('\n'),
    errors: '',
  });
  const named = await told({ url: 'https://n1.example/cobrowse/cometd', cookie: 'gcbSessionServer=CB_2' });
  assert.match(named.out, /^goes to +CB_1 .*\n.*\ndecided by +server-url \(bound\), against another source\n/);
});

for (const [what, question, expected] of [
  ['a refusal', { url: 'http://lb.example/', method: 'TRACE' }, /^goes to +no node: 405 method_not_allowed\n/],
  ['what a listener does not serve', { url: 'http://lb:8750/cobrowse/rest/history' }, /no node: 404 not_exposed\n/],
  ['health', { url: '/cobrowse/health' }, /^goes to +no node: the proxy answers 200\n/],
  ['a session whose owner only nodes know', { token: '123456789' }, /A running proxy would ask the nodes first\.\n$/],
] as const) {
  test(`by a file alone: ${what}`, async () => {
    const { code, out } = await told(question);
    assert.equal(code, 0);
    assert.match(out, expected);
  });
}

test('a signed cookie is held against the keys of the file', async () => {
  const affinity = { signature: { keys: ['k'.repeat(32)], unsigned: 'ignore' } };
  const signed = proxySchema.parse({
    nodes: CONFIG.nodes.map(({ name }) => ({ name, url: `http://${name}.example/` })),
    affinity,
  });
  const { out } = await told({ cookie: 'CB_2', url: '/cobrowse/x' }, signed);
  assert.match(out, /decided by +balance \(free\)/);
});

test('as JSON it is what the admin listener would answer', async () => {
  const { out } = await told({ cookie: 'CB_1' }, CONFIG, true);
  const answer: unknown = JSON.parse(out);
  assert.ok(typeof answer === 'object' && answer !== null && 'node' in answer);
  assert.equal(answer.node, 'CB_1');
});

test('a question that is none is one line and exit code 1', async () => {
  const { code, errors } = await told({ url: 'cobrowse' });
  assert.deepEqual([code, errors.trimEnd().split('\n').length], [1, 1]);
  assert.match(errors, /^cobrowse-proxy: url: expected /);
});
