import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { allPaths } from './environment.ts';
import { variableName } from './key-path.ts';
import { loadConfig } from './load.ts';
import { formatProblem } from './problems.ts';
import { proxySchema } from './proxy-schema.ts';
import { shapeOf } from './shape.ts';

const NODES = [{ name: 'a', url: 'http://127.0.0.1:8701' }];

/** The problems of a configuration with one valid node and these options, as `path: message`. */
function problemsOf(options: object): string[] {
  const environment: NodeJS.ProcessEnv = { T_NODES: JSON.stringify(NODES) };
  for (const [key, value] of Object.entries(options)) {
    environment[variableName('T_', [key])] = typeof value === 'string' ? value : JSON.stringify(value);
  }
  const result = loadConfig(proxySchema, {
    environment,
    prefix: 'T_',
  });
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path}: ${message}`);
}

function outputOf(options: object) {
  return proxySchema.parse({ nodes: NODES, ...options });
}

test('the default configuration shows every key, at its default', () => {
  const file = fileURLToPath(new URL('cobrowse.yaml', import.meta.url));
  const result = loadConfig(proxySchema, { file, environment: {}, prefix: 'COBROWSE_PROXY_' });
  assert.ok(result.ok, result.ok ? '' : result.problems.map(formatProblem).join('\n'));
  const { nodes, ...rest } = result.config;
  const { nodes: _, ...defaults } = outputOf({});
  assert.deepEqual(rest, defaults);
  assert.deepEqual(
    nodes,
    [1, 2, 3].map((n) => ({
      name: `CB_Server_${n}`,
      url: { scheme: 'http', host: '127.0.0.1', port: 8700 + n, authority: `127.0.0.1:${8700 + n}`, base: '/cobrowse' },
      serverUrl: {
        url: `http://127.0.0.1:8700/n${n}/cobrowse`,
        authority: '127.0.0.1:8700',
        prefix: `/n${n}/cobrowse`,
      },
      weight: 1,
    })),
  );
});

test('no two options share a variable', () => {
  const names = allPaths(shapeOf(proxySchema)).map((path) => variableName('', path));
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.includes('AFFINITY_LOOKUP_PER_SECOND'));
  assert.ok(names.includes('NODES_#_SERVER_URL'));
});

test('paths and URLs become what the program joins and compares', () => {
  assert.equal(outputOf({ base: '/' }).base, '');
  assert.equal(outputOf({ base: '/a/b/' }).base, '/a/b');
  const [node] = outputOf({ nodes: [{ name: 'a', url: 'http://[::1]', serverUrl: 'HTTPS://A.example:443/' }] }).nodes;
  assert.deepEqual(node?.url, { scheme: 'http', host: '::1', port: 80, authority: '[::1]', base: '' });
  const [secure] = outputOf({ nodes: [{ name: 'a', url: 'HTTPS://A.example/x' }] }).nodes;
  const authority = 'a.example';
  assert.deepEqual(secure?.url, { scheme: 'https', host: authority, port: 443, authority, base: '/x' });
  assert.deepEqual(node?.serverUrl, { url: 'HTTPS://A.example:443/', authority: 'a.example', prefix: '' });
});

test('a public listener has a list of its own, unless there is one', () => {
  const open = { port: 0, audience: 'public' };
  const listeners = [{ port: 0 }, open, { ...open, allow: [{ path: '/**' }] }];
  const [internal, publicly, listed] = outputOf({ listeners }).listeners;
  assert.equal(internal?.allow, undefined);
  assert.ok(publicly?.allow?.some(({ path }) => path === '/cometd/**'));
  assert.ok(publicly?.allow?.every(({ path }) => !path.includes('history')));
  assert.deepEqual(listed?.allow, [{ path: '/**' }]);
});

test('a default that follows another option stays within it', () => {
  assert.equal(outputOf({ health: { interval: '100ms' } }).health.fastInterval, 100);
  assert.equal(outputOf({ health: { interval: '1m' } }).health.fastInterval, 500);
  assert.equal(outputOf({ limits: { head: '4KiB' } }).limits.target, 4096);
  assert.equal(outputOf({ limits: { head: '64KiB' } }).limits.target, 8192);
});

test('what no option may be', () => {
  const url = (text: string) => ({ nodes: [{ name: 'a', url: text }] });
  const expectedUrl =
    'nodes[0].url: expected an http or https URL such as http://10.0.0.1:8700/cobrowse, without query';
  const expectedPath = 'base: expected a path such as /cobrowse, or / for the root';
  const duration = (least: string, most: string) =>
    `expected a duration such as 500ms, 2s, 5m or 1h, from ${least} to ${most}`;
  const cases: [object, string][] = [
    [url('ftp://a'), `${expectedUrl}, got "ftp://a"`],
    [
      { nodes: [{ name: 'a', url: 'https://a', tls: { serverName: '10.0.0.1' } }] },
      'nodes[0].tls.serverName: expected a host name, no IP address, got "10.0.0.1"',
    ],
    [url('http://a/?x'), `${expectedUrl}, got "http://a/?x"`],
    [url('http://u:p@a/'), `${expectedUrl}, got "http://u:p@a/"`],
    [url('http:a'), `${expectedUrl}, got "http:a"`],
    [url('http://a/../b'), `${expectedUrl}, got "http://a/../b"`],
    [url('http://a:0/'), `${expectedUrl}, got "http://a:0/"`],
    [url('http://a\\b'), `${expectedUrl}, got "http://a\\\\b"`],
    [{ base: 'x' }, `${expectedPath}, got "x"`],
    [{ base: '' }, `${expectedPath}, got ""`],
    [{ base: '/a//b' }, `${expectedPath}, got "/a//b"`],
    [{ base: '/a/..' }, `${expectedPath}, got "/a/.."`],
    [{ base: '/a./b' }, `${expectedPath}, got "/a./b"`],
    [{ base: '/a;b' }, `${expectedPath}, got "/a;b"`],
    [
      { listeners: [{ allow: [] }] },
      'listeners[0].allow: expected a list of 1 to 256 entries, got a list of 0 entries',
    ],
    [
      { listeners: [{ deny: [{ path: '/a/../b' }] }] },
      'listeners[0].deny[0].path: expected a path below the base such as /rest/live/sessions/{id} or /cometd/**, got "/a/../b"',
    ],
    [
      { listeners: [{ deny: [{ path: '/a', methods: ['get'] }] }] },
      'listeners[0].deny[0].methods[0]: expected a method such as GET, got "get"',
    ],
    [
      { tracing: { endpoint: 'http://a:4318/v1/traces' } },
      'tracing.endpoint: expected a URL such as http://127.0.0.1:4318, without /v1/traces, got "http://a:4318/v1/traces"',
    ],
    [{ tracing: { ratio: 10 } }, 'tracing.ratio: expected a number from 0 to 1, got 10'],
    [{ workers: 0 }, 'workers: expected auto or a whole number from 1 to 256, got 0'],
    [{ listeners: [] }, 'listeners: expected a list of 1 to 64 entries, got a list of 0 entries'],
    [{ listeners: [{ port: 70000 }] }, 'listeners[0].port: expected a whole number from 0 to 65535, got 70000'],
    [{ admin: { host: '1.2.3' } }, 'admin.host: expected a host name or an IP address, got "1.2.3"'],
    [
      { admin: { token: 'short' } },
      'admin.token: expected tokens of 16 to 512 letters, digits or -._~+/=, separated by blanks or line ends',
    ],
    [{ health: { interval: '10ms' } }, `health.interval: ${duration('50ms', '1h')}, got "10ms"`],
    [{ timeouts: { tunnel: 5 } }, `timeouts.tunnel: ${duration('50ms', '168h')}, got 5`],
    [
      { affinity: { lookup: { origin: 'http://a/' } } },
      'affinity.lookup.origin: expected an origin such as https://agents.example.com, without path and default port, got "http://a/"',
    ],
    [
      { affinity: { signature: { keys: ['secret'] } } },
      'affinity.signature.keys[0]: expected a key of 32 to 512 letters, digits or -._~+/=',
    ],
    [
      { affinity: { signature: { keys: 'a secret in the place of a list of them' } } },
      'affinity.signature.keys: expected a list of at most 16 entries',
    ],
    [
      { affinity: { attributes: { secure: true, path: '/a;b' } } },
      'affinity.attributes.path: expected a path such as / or /cobrowse, got "/a;b"',
    ],
    [{ affinity: { cookie: 'a b' } }, 'affinity.cookie: expected a cookie name, got "a b"'],
    [
      { forwarding: { trustedProxies: ['10.0.0.0/33'] } },
      'forwarding.trustedProxies[0]: expected an IP address or a network such as 10.0.0.0/8 or 2001:db8::/32, got "10.0.0.0/33"',
    ],
    [
      { forwarding: { requestIdHeader: 'Content-Length' } },
      'forwarding.requestIdHeader: expected a header without a meaning of its own, got "Content-Length"',
    ],
    [
      { routes: [{ class: 'live', path: '/a/../b' }] },
      'routes[0].path: expected a path below the base such as /rest/live/sessions/{id} or /cometd/**, got "/a/../b"',
    ],
    [
      { routes: [{ class: 'any', path: '/a' }] },
      'routes[0].class: expected create, session, user, live or health, got "any"',
    ],
  ];
  for (const [options, expected] of cases) assert.deepEqual(problemsOf(options), [expected]);
});

test('what cannot hold together', () => {
  const node = (name: string, url: string, serverUrl?: string) => ({ name, url, serverUrl });
  const cases: [object, string[]][] = [
    [
      { nodes: [node('a', 'http://a/x', 'http://n/1'), node('a', 'http://A:80/y', 'http://N:80/1/')] },
      [
        'nodes[1].name: expected a name of its own (nodes[0] has the same), got "a"',
        'nodes[1].url: expected a url of its own (nodes[0] has the same), got "http://A:80/y"',
        'nodes[1].serverUrl: expected a serverUrl of its own (nodes[0] has the same), got "http://N:80/1/"',
      ],
    ],
    [
      {
        listeners: [{ port: 1 }, { host: '0.0.0.0', port: 1 }, { port: 0 }, { port: 0 }],
        admin: { host: '::', port: 1 },
      },
      [
        'admin.port: expected a port of its own (listeners[0] has 127.0.0.1:1), got 1',
        'listeners[1].port: expected an address of its own (listeners[0] has 127.0.0.1:1), got 1',
      ],
    ],
    [{ admin: { port: 8700 } }, ['admin.port: expected a port of its own (listeners[0] has 127.0.0.1:8700), got 8700']],
    [
      { listeners: [{ host: '10.0.0.1', port: 9700 }] },
      ['admin.port: expected a port of its own (listeners[0] has 10.0.0.1:9700)'],
    ],
    [
      { health: { interval: '1s', fastInterval: '2s' } },
      ['health.fastInterval: expected at most health.interval (1s), got "2s"'],
    ],
    [
      { admin: { token: 'x'.repeat(16), tokenFile: '/run/o', readToken: 'y'.repeat(16), readTokenFile: '/run/r' } },
      [
        'admin.tokenFile: expected no file beside admin.token, got "/run/o"',
        'admin.readTokenFile: expected no file beside admin.readToken, got "/run/r"',
      ],
    ],
    [
      { listeners: [{ redirectToHttps: 443, tls: { certificates: [{ cert: 'a', key: 'b' }] } }] },
      ['listeners[0].redirectToHttps: expected a listener without tls, got 443'],
    ],
    [
      { listeners: [{}, { port: 0, proxyProtocol: true }] },
      ['listeners[1].proxyProtocol: expected forwarding.trustedProxies to say who sends it, got true'],
    ],
    [
      { nodes: [{ name: 'a', url: 'http://a', tls: { ca: 'ca.pem' } }] },
      ['nodes[0].tls: expected an https url beside tls, got a mapping of 1 key'],
    ],
    [{ nodeTls: { ca: 'ca.pem' } }, ['nodeTls: expected a node with an https url, got a mapping of 1 key']],
    [
      { nodes: [{ name: 'a', url: 'https://a', tls: { cert: 'a.pem' } }], nodeTls: { key: 'a.key' } },
      [
        'nodes[0].tls.key: expected a PEM file, as there is a cert',
        'nodeTls.cert: expected a PEM file, as there is a key',
      ],
    ],
    [
      { affinity: { attributes: { sameSite: 'None' } } },
      ['affinity.attributes.secure: expected true beside sameSite: None'],
    ],
    [
      { affinity: { attributes: { sameSite: 'Lax', partitioned: true, secure: false } } },
      ['affinity.attributes.secure: expected true beside partitioned, got false'],
    ],
    [
      { affinity: { signature: { keys: ['k'.repeat(32)], keyFile: '/run/keys' } } },
      ['affinity.signature.keyFile: expected no file beside keys, got "/run/keys"'],
    ],
    [
      { affinity: { signature: { unsigned: 'ignore' } } },
      ['affinity.signature.unsigned: expected accept, as there is no key, got "ignore"'],
    ],
    [{ limits: { target: '32KiB' } }, ['limits.target: expected at most limits.head (16KiB), got "32KiB"']],
    [
      {
        routes: [
          { class: 'live', path: '/a' },
          { class: 'user', method: 'GET', path: '/a' },
          { class: 'user', path: '/a' },
        ],
      },
      ['routes[2].path: expected requests of its own (routes[0] matches them first), got "/a"'],
    ],
    [
      { admin: { port: 8700 }, workers: 'x' },
      [
        'admin.port: expected a port of its own (listeners[0] has 127.0.0.1:8700), got 8700',
        'workers: expected auto or a whole number from 1 to 256, got "x"',
      ],
    ],
  ];
  for (const [options, expected] of cases) assert.deepEqual(problemsOf(options), expected);
});
