/** Sources of nodes that cannot be, each with one line on what was expected. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from './load.ts';
import { proxySchema } from './proxy-schema.ts';
import { parseServerAddress } from './server-address.ts';

function problemsOf(options: object): readonly string[] {
  const environment = Object.fromEntries(
    Object.entries(options).map(([key, value]) => [`T_${key}`, JSON.stringify(value)]),
  );
  const result = loadConfig(proxySchema, { environment, prefix: 'T_' });
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path}: ${message}`);
}

test('a proxy has nodes, or says where to find them', () => {
  assert.deepEqual(problemsOf({}), ['nodes: expected at least one node, or discovery to say where to find them']);
  for (const sources of [{ dns: [{ name: 'a' }] }, { files: ['a'] }, { directories: ['a'] }]) {
    assert.deepEqual(problemsOf({ DISCOVERY: sources }), []);
  }
});

test('TLS to nodes needs a source that may have such nodes', () => {
  const nodeTls = { NODE_TLS: { serverName: 'nodes.internal' } };
  const refused = ['nodeTls: expected a node with an https url, got a mapping of 1 key'];
  assert.deepEqual(problemsOf({ ...nodeTls, DISCOVERY: { dns: [{ name: 'a' }] } }), refused);
  assert.deepEqual(problemsOf({ ...nodeTls, DISCOVERY: { dns: [{ name: 'a', scheme: 'https' }] } }), []);
  assert.deepEqual(problemsOf({ ...nodeTls, DISCOVERY: { files: ['a'] } }), []);
});

const A = { name: 'a', type: 'A', port: 8700 };
const CASES: readonly (readonly [object, string])[] = [
  [{ name: 'a b' }, 'name: expected a name such as _http._tcp.nodes.example.com, got "a b"'],
  [{ name: 'a..b' }, 'name: expected a name such as _http._tcp.nodes.example.com, got "a..b"'],
  [{ name: 'a', port: 1 }, 'port: expected none beside type SRV, whose records say it, got 1'],
  [{ name: 'a', type: 'A' }, 'port: expected a port beside type A'],
  [{ ...A, minTtl: '10m' }, 'minTtl: expected at most maxTtl (5m), got "10m"'],
  [{ ...A, nodeName: '{label}' }, 'nodeName: expected {address} in it, and no target beside type A, got "{label}"'],
  [{ name: 'a', nodeName: 'node' }, 'nodeName: expected {label}, {target}, {address} or {port} in it, got "node"'],
  [
    { name: 'a', serverUrl: 'https://a.example' },
    'serverUrl: expected {name} in it, such as https://{name}.example.com/cobrowse, got "https://a.example"',
  ],
  [
    { name: 'a', serverUrl: 'https://{name}/{other}' },
    'serverUrl: expected a URL such as https://{name}.example.com/cobrowse, without query, got "https://{name}/{other}"',
  ],
  [
    { name: 'a', servers: ['dns.example'] },
    'servers[0]: expected an IP address such as 10.0.0.10, with a port as 10.0.0.10:5353 or [fd00::a]:5353, got "dns.example"',
  ],
];

for (const [source, problem] of CASES) {
  test(`a source in DNS: ${problem}`, () => {
    assert.deepEqual(problemsOf({ DISCOVERY: { dns: [source] } }), [`discovery.dns[0].${problem}`]);
  });
}

test('the address of a name server has port 53 where it says none', () => {
  const addresses = ['10.0.0.10', '10.0.0.10:5353', 'fd00::a', '[fd00::a]:5353'].map(parseServerAddress);
  assert.deepEqual(addresses, [
    { host: '10.0.0.10', port: 53 },
    { host: '10.0.0.10', port: 5353 },
    { host: 'fd00::a', port: 53 },
    { host: 'fd00::a', port: 5353 },
  ]);
  for (const text of [
    '',
    'a',
    '10.0.0.10:',
    '10.0.0.10:0',
    '10.0.0.10:65536',
    '[10.0.0.10]:53',
    '[fd00::a]',
    '300.0.0.1:53',
  ]) {
    assert.equal(parseServerAddress(text), undefined, text);
  }
});
