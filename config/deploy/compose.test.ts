import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
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
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  volumes: z.array(z.templateLiteral([z.string(), ':ro'])).default([]),
  // Docker's default has no end.
  logging: z.strictObject({ driver: z.literal('local') }),
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

const { redis, proxy, prometheus, grafana, ...nodes } = compose.services;

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
    url: { scheme: 'http', host, port, authority: `${host}:${port}`, base },
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

test('published ports are those that the proxy listens on, and pages of operators on this machine; nodes publish none', () => {
  const { listeners, admin } = proxyConfig();
  assert.deepEqual(
    proxy?.ports.map((mapping) => Number(mapping.split(':').at(-1))),
    [...listeners, admin].map(({ port }) => port),
  );
  assert.ok([...listeners, admin].every(({ host }) => host === '0.0.0.0'));
  assert.ok(proxy?.ports.at(-1)?.startsWith('127.0.0.1:'), "operators' port is for this machine alone");
  assert.deepEqual([prometheus?.ports, grafana?.ports], [['127.0.0.1:9090:9090'], ['127.0.0.1:3000:3000']]);
  assert.notEqual(admin.readToken, '', 'which needs a token, as it comes from outside of the container');
  for (const [name, service] of Object.entries({ redis, ...nodes })) assert.deepEqual(service?.ports, [], name);
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

test('images are built from the stages of the Dockerfile, none of which runs as root, and others are those of its index', () => {
  const stages = Array.from(DOCKERFILE.matchAll(/^FROM (\S+) AS (\S+)$/gm), ([, from = '', name = '']) => ({
    from,
    name,
  }));
  assert.deepEqual(
    stages.map(({ from, name }) => `${name} < ${from}`),
    ['build < node:24-slim', 'runtime < node:24-slim', 'node < runtime', 'proxy < runtime'],
  );
  assert.match(DOCKERFILE, /AS runtime\n(?:(?!^FROM).*\n)*USER 1000:1000\n/m);
  for (const { name } of stages.slice(2)) {
    const stage = DOCKERFILE.split(/^FROM /m).find((text) => text.startsWith(`runtime AS ${name}\n`)) ?? '';
    assert.match(stage, /^HEALTHCHECK /m);
    assert.ok(stage.includes(`CMD ["node", "dist/${name}/cli.js", "start"]`), name);
  }
  for (const { build, image } of Object.values(compose.services)) {
    if (build) assert.ok(stages.some(({ name }) => name === build.target));
    // A host's name has a dot or a port.
    assert.doesNotMatch(image, /^[^/]*[.:][^/]*\//);
  }
});

test("what is the project's own is run with least privilege", () => {
  for (const [name, service] of Object.entries({ proxy, ...nodes })) {
    assert.equal(service?.read_only, true, name);
    assert.deepEqual([service?.cap_drop, service?.security_opt], [['ALL'], ['no-new-privileges:true']], name);
  }
});

test('Prometheus and Grafana are given the files that are here, where those look for each other', () => {
  const mounted = (service: typeof prometheus): ReadonlyMap<string, string> =>
    new Map(
      service?.volumes.map((volume) => {
        const [from = '', to = ''] = volume.split(':');
        return [to, from];
      }),
    );
  for (const service of [prometheus, grafana]) {
    for (const from of mounted(service).values()) assert.ok(existsSync(new URL(from, import.meta.url)), from);
  }
  const configuration = prometheus?.command?.find((argument) => argument.startsWith('--config.file='))?.split('=')[1];
  assert.equal(mounted(prometheus).get(configuration ?? ''), './prometheus/prometheus.yaml');
  const { rule_files, scrape_configs } = z
    .object({
      rule_files: z.array(z.string()),
      scrape_configs: z.array(
        z.object({
          authorization: z.object({ credentials_file: z.string() }).optional(),
          file_sd_configs: z.array(z.object({ files: z.array(z.string()) })),
        }),
      ),
    })
    .parse(parse(textOf('prometheus/prometheus.yaml')));
  assert.equal(textOf('prometheus/read-token').trim(), proxyConfig().admin.readToken);
  const credentials = scrape_configs.flatMap(({ authorization }) =>
    authorization ? [authorization.credentials_file] : [],
  );
  for (const file of [...rule_files, ...credentials])
    assert.ok(mounted(prometheus).has(`/etc/prometheus/${file}`), file);
  const targets = scrape_configs.flatMap(({ file_sd_configs }) => file_sd_configs.flatMap(({ files }) => files));
  assert.equal(mounted(prometheus).get('/etc/prometheus/targets'), './prometheus/compose-targets');
  const scraped = targets.flatMap((file) =>
    z
      .array(z.object({ targets: z.array(z.string()), labels: z.record(z.string(), z.string()).optional() }))
      .parse(parse(textOf(`prometheus/${file.replace('targets/', 'compose-targets/')}`)))
      .map(({ targets: [target], labels }) => [target, labels?.node]),
  );
  assert.deepEqual(scraped, [
    [`proxy:${proxyConfig().admin.port}`, undefined],
    ...nodeConfigs().map(([host, { name, metrics }]) => [`${host}:${metrics.port}`, name]),
  ]);

  const { datasources } = z
    .object({ datasources: z.array(z.object({ type: z.string(), url: z.url() })) })
    .parse(parse(textOf('grafana/provisioning/datasources/prometheus.yaml')));
  assert.deepEqual(
    datasources.map(({ type, url }) => [type, new URL(url).host]),
    [['prometheus', `prometheus:${prometheus?.ports[0]?.split(':').at(-1)}`]],
  );
  const { providers } = z
    .object({ providers: z.array(z.object({ options: z.object({ path: z.string() }) })) })
    .parse(parse(textOf('grafana/provisioning/dashboards/cobrowse.yaml')));
  for (const { options } of providers) assert.equal(mounted(grafana).get(options.path), './grafana/dashboards');
});
