import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadConfig } from '../load.ts';
import { type NodeConfig, nodeSchema } from '../node-schema.ts';
import { formatProblem } from '../problems.ts';
import { type ProxyConfig, proxySchema } from '../proxy-schema.ts';
import { duration } from '../scalars.ts';

const textOf = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

const DOCKERFILE = textOf('Dockerfile');

/** As far as this file uses what Compose knows; an unknown key is a typing error. */
const service = z.strictObject({
  build: z.strictObject({ context: z.string(), dockerfile: z.string(), target: z.string() }).optional(),
  image: z.string(),
  init: z.boolean().optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
  ports: z.array(z.string().regex(/^(?:[\d.]+:)?\d+:\d+$/)).default([]),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.literal('service_healthy') })).default({}),
  healthcheck: z
    .strictObject({ test: z.array(z.string()), interval: z.string(), timeout: z.string(), retries: z.int() })
    .optional(),
  stop_grace_period: duration(0, 3_600_000).optional(),
  restart: z.string().optional(),
});

const compose = z
  .object({
    services: z.record(z.string(), service),
    networks: z.strictObject({
      default: z.strictObject({
        ipam: z.strictObject({ config: z.tuple([z.strictObject({ subnet: z.string() })]) }),
      }),
    }),
  })
  .parse(parse(textOf('compose.yaml'), { merge: true }));

const { redis, proxy, ...nodes } = compose.services;

function loaded<S extends z.ZodType>(schema: S, prefix: string, name: string) {
  const entries = Object.entries(compose.services[name]?.environment ?? {});
  const environment = Object.fromEntries(entries.map(([variable, value]) => [variable, String(value)]));
  assert.ok(entries.length > 0 && entries.every(([variable]) => variable.startsWith(prefix)), name);
  const result = loadConfig(schema, { environment, prefix });
  assert.ok(result.ok, result.ok ? '' : result.problems.map(formatProblem).join('\n'));
  return result.config;
}

const proxyConfig = (): ProxyConfig => loaded(proxySchema, 'COBROWSE_PROXY_', 'proxy');
const nodeConfigs = (): readonly [service: string, config: NodeConfig][] =>
  Object.keys(nodes).map((name) => [name, loaded(nodeSchema, 'COBROWSE_NODE_', name)]);

test('two nodes, each as the proxy knows it', () => {
  const configured = nodeConfigs().map(([host, { name, port, base, serverUrl }]) => ({
    name,
    url: { host, port, authority: `${host}:${port}`, base },
    serverUrl,
  }));
  const known = proxyConfig().nodes.map(({ name, url, serverUrl }) => ({ name, url, serverUrl: serverUrl?.url }));
  assert.equal(configured.length, 2);
  assert.deepEqual(known, configured);
});

test('the nodes listen beyond their container, share one store, and believe the proxy', () => {
  for (const [, { host, metrics, store, trustedProxies, allowedOrigins }] of nodeConfigs()) {
    assert.deepEqual([host, metrics.host], ['0.0.0.0', '0.0.0.0']);
    assert.equal(new URL(store.url).hostname, 'redis');
    assert.deepEqual(trustedProxies, [compose.networks.default.ipam.config[0].subnet]);
    assert.ok(allowedOrigins.exact.includes(proxyConfig().affinity.lookup.origin));
  }
  assert.ok(redis?.healthcheck);
  // Without a password Redis takes connections from its own container alone, unless it is told otherwise.
  assert.match(redis?.command?.join(' ') ?? '', /--protected-mode no/);
});

test('published ports are those that the proxy listens on, and nodes publish none', () => {
  const { listeners, admin } = proxyConfig();
  assert.deepEqual(
    proxy?.ports.map((mapping) => Number(mapping.split(':').at(-1))),
    [...listeners, admin].map(({ port }) => port),
  );
  assert.ok([...listeners, admin].every(({ host }) => host === '0.0.0.0'));
  assert.ok(proxy?.ports.at(-1)?.startsWith('127.0.0.1:'), "operators' port is for this machine alone");
  assert.notEqual(admin.readToken, '', 'which needs a token, as it comes from outside of the container');
  const others = Object.entries(compose.services).filter(([name]) => name !== 'proxy');
  for (const [name, { ports }] of others) assert.deepEqual(ports, [], name);
});

test('every service is given the time that it takes to stop', () => {
  assert.ok(Number(proxy?.stop_grace_period) > proxyConfig().timeouts.shutdown);
  for (const [name, { drain }] of nodeConfigs()) {
    assert.ok(Number(nodes[name]?.stop_grace_period) > drain.deadline, name);
  }
});

test('what a service depends on exists and can be told healthy', () => {
  for (const { depends_on } of Object.values(compose.services)) {
    for (const name of Object.keys(depends_on)) {
      const target = compose.services[name];
      assert.ok(target?.healthcheck ?? target?.build, name);
    }
  }
});

test('images are built from the stages of the Dockerfile, none of which runs as root, and no registry is named', () => {
  const stages = Array.from(DOCKERFILE.matchAll(/^FROM (\S+) AS (\S+)$/gm), ([, from = '', name = '']) => ({
    from,
    name,
  }));
  assert.deepEqual(
    stages.map(({ from, name }) => `${name} < ${from}`),
    ['build < node:20-slim', 'runtime < node:20-slim', 'node < runtime', 'proxy < runtime'],
  );
  assert.match(DOCKERFILE, /AS runtime\n(?:(?!^FROM).*\n)*USER node\n/m);
  for (const { name } of stages.slice(2)) {
    const stage = DOCKERFILE.split(/^FROM /m).find((text) => text.startsWith(`runtime AS ${name}\n`)) ?? '';
    assert.match(stage, /^HEALTHCHECK /m);
    assert.ok(stage.includes(`CMD ["node", "dist/${name}/cli.js", "start"]`), name);
  }
  for (const { build, image } of Object.values(compose.services)) {
    if (build) assert.ok(stages.some(({ name }) => name === build.target));
    assert.doesNotMatch(image, /\//);
  }
});
