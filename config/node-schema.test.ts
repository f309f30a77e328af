import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { allPaths } from './environment.ts';
import type { GivenFlag } from './flags.ts';
import { variableName } from './key-path.ts';
import { loadConfig } from './load.ts';
import { nodeSchema } from './node-schema.ts';
import { formatProblem } from './problems.ts';
import { shapeOf } from './shape.ts';

const FILE = fileURLToPath(new URL('node.yaml', import.meta.url));
const PREFIX = 'COBROWSE_NODE_';

interface Sources {
  readonly file?: string;
  readonly environment?: NodeJS.ProcessEnv;
  readonly flags?: readonly GivenFlag[];
}

function configOf({ environment = {}, ...rest }: Sources) {
  const result = loadConfig(nodeSchema, { environment, prefix: PREFIX, ...rest });
  assert.ok(result.ok, result.ok ? '' : result.problems.map(formatProblem).join('\n'));
  return result.config;
}

function problemsOf({ environment = {}, ...rest }: Sources): string[] {
  const result = loadConfig(nodeSchema, { environment, prefix: PREFIX, ...rest });
  return result.ok ? [] : result.problems.map(formatProblem);
}

const flag = (name: string, text: string, ...path: string[]): GivenFlag => ({ flag: `--${name}`, path, text });

test('the example shows every key, at its default', () => {
  const config = configOf({ file: FILE });
  assert.deepEqual(config, nodeSchema.parse({}));
  assert.equal(config.serverUrl, undefined);
  assert.equal(config.metrics.port, undefined);
});

test('what is off by default stands in the example as a comment, and is valid', () => {
  const config = configOf({
    file: FILE,
    environment: {
      COBROWSE_NODE_SERVER_URL: 'https://node-1.example.com/cobrowse',
      COBROWSE_NODE_METRICS_PORT: '9701',
      COBROWSE_NODE_ALLOWED_ORIGINS: 'https://agents.example.com, https://*.example.com',
    },
  });
  assert.equal(config.serverUrl, 'https://node-1.example.com/cobrowse');
  assert.equal(config.metrics.port, 9701);
  assert.deepEqual(config.allowedOrigins, {
    exact: ['https://agents.example.com'],
    subdomains: [{ scheme: 'https://', suffix: '.example.com' }],
  });
});

test('no two options share a variable', () => {
  const names = allPaths(shapeOf(nodeSchema)).map((path) => variableName('', path));
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.includes('RATES_FAILED_JOINS_PER_MINUTE'));
});

test('flags win over the environment, and that over the file', () => {
  const environment = { COBROWSE_NODE_PORT: '2', COBROWSE_NODE_NAME: 'from-environment' };
  const config = configOf({ file: FILE, environment, flags: [flag('port', '3', 'port')] });
  assert.deepEqual([config.port, config.name, config.base], [3, 'from-environment', '/cobrowse']);
});

test('a name that looks like a number is text', () => {
  assert.equal(configOf({ flags: [flag('name', '7', 'name')] }).name, '7');
});

test('the notice follows a shorter deadline', () => {
  assert.deepEqual(configOf({ flags: [flag('drain-time', '0s', 'drain', 'deadline')] }).drain, {
    notice: 0,
    deadline: 0,
  });
  assert.equal(nodeSchema.parse({ drain: { deadline: '1h' } }).drain.notice, 5_000);
});

test('what no option may be', () => {
  const cases: readonly [option: string, text: string, expected: string][] = [
    ['NAME', 'a b', 'name: expected 1 to 128 letters, digits, dots, underscores or dashes, got "a b"'],
    [
      'NAME',
      'a\r\nSet-Cookie: x',
      'name: expected 1 to 128 letters, digits, dots, underscores or dashes, got "a\\r\\nSet-Cookie: x"',
    ],
    ['HOST', 'http://a', 'host: expected a host name or an IP address, got "http://a"'],
    ['PORT', '65536', 'port: expected a whole number from 0 to 65535, got 65536'],
    ['PORT', '80.5', 'port: expected a whole number from 0 to 65535, got 80.5'],
    ['BASE', 'cobrowse', 'base: expected a path such as /cobrowse, or / for the root, got "cobrowse"'],
    ['SERVER_URL', 'https://a/b/', 'serverUrl: expected a URL without a trailing slash, got "https://a/b/"'],
    [
      'SERVER_URL',
      'ftp://a',
      'serverUrl: expected a URL such as https://node-1.example.com/cobrowse, without query, got "ftp://a"',
    ],
    [
      'ALLOWED_ORIGINS',
      '*',
      'allowedOrigins: expected origins such as https://agents.example.com or https://*.example.com, separated by commas, got "*"',
    ],
    [
      'TRUSTED_PROXIES',
      '[10.0.0.0/33]',
      'trustedProxies[0]: expected an IP address or a network such as 10.0.0.0/8 or 2001:db8::/32, got "10.0.0.0/33"',
    ],
    [
      'DRAIN_DEADLINE',
      '5',
      'drain.deadline: expected a duration such as 500ms, 2s, 5m or 1h, from 0ms to 24h, got "5"',
    ],
    ['LIVE_MESSAGE', '8', 'live.message: expected a size such as 512B, 16KiB or 1GiB, from 1KiB to 1GiB, got "8"'],
    ['LOG_LEVEL', 'loud', 'log.level: expected fatal, error, warn, info, debug, trace or silent, got "loud"'],
  ];
  for (const [option, text, expected] of cases) {
    const variable = PREFIX + option;
    assert.deepEqual(problemsOf({ environment: { [variable]: text } }), [`${variable}: ${expected}`]);
  }
});

test('what cannot hold together', () => {
  assert.deepEqual(problemsOf({ environment: { COBROWSE_NODE_DRAIN: '{ notice: 1m, deadline: 5s }' } }), [
    'COBROWSE_NODE_DRAIN: drain.notice: expected at most drain.deadline (5s), got "1m"',
  ]);
  const flags = [flag('host', '0.0.0.0', 'host'), flag('metrics-port', '8700', 'metrics', 'port')];
  assert.deepEqual(problemsOf({ flags }), [
    '--metrics-port: metrics.port: expected an address of its own (the node itself has 0.0.0.0:8700), got 8700',
  ]);
  assert.deepEqual(problemsOf({ flags: [flag('port', '0', 'port'), flag('m', '0', 'metrics', 'port')] }), []);
});

test('problems of flags stand last, in the order in which they were given', () => {
  const flags = [flag('port', 'x', 'port'), flag('base', 'x', 'base')];
  const environment = { COBROWSE_NODE_LIVE_BATCH: '0' };
  assert.deepEqual(
    problemsOf({ file: FILE, environment, flags }).map((line) => line.split(':')[0]),
    ['COBROWSE_NODE_LIVE_BATCH', '--port', '--base'],
  );
});

test('a store is memory or a Redis, and no message shows its URL', () => {
  for (const url of ['memory', 'redis://h', 'rediss://u:s3cret@h:6380/2?prefix=a:']) {
    assert.equal(configOf({ environment: { COBROWSE_NODE_STORE_URL: url } }).store.url, url);
  }
  const wrong = ['http://u:s3cret@h', 'redis:/u:s3cret@h', 'redis://u:s3cret@h/x', 's3cret', 'redis://u:s3cret@h?db=1'];
  for (const url of wrong) {
    const [line = '', ...more] = [
      ...problemsOf({ environment: { COBROWSE_NODE_STORE_URL: url } }),
      ...problemsOf({ environment: { COBROWSE_NODE_STORE: JSON.stringify({ url: [url] }) } }),
    ];
    assert.match(line, /^COBROWSE_NODE_STORE_URL: store\.url: expected memory, or a URL such as redis:/);
    assert.equal(more.length, 1);
    assert.doesNotMatch([line, ...more].join(), /s3cret/);
  }
});
