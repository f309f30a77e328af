/** Every contender, in the order in which the tables show them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { BASE, COOKIE } from './backend-facts.ts';
import type { Contender, Launch, Ports } from './harness/contender.ts';
import { findBinary, nodeCommand, ROOT } from './harness/process.ts';
import { addressOf, type Place } from './harness/site.ts';

const PROGRAM = join(ROOT, 'dist/proxy/cli.js');

/** This proxy, on a configuration file that gives it `admin` as its port for operators. */
export const launchProxy = (file: string, admin: number): Launch => ({
  command: [process.execPath, PROGRAM, 'start', '--config', file],
  readyUrl: `http://127.0.0.1:${admin}/ready`,
});

export const cobrowseProxy = (workers: number): Contender => ({
  name: 'cobrowse-proxy',
  missing: () => undefined,
  prepare(place, ports) {
    const config = {
      listeners: [{ host: '127.0.0.1', port: ports.traffic }],
      admin: { host: '127.0.0.1', port: ports.admin },
      workers,
      base: BASE,
      affinity: { cookie: COOKIE },
      log: { access: false },
      nodes: place.nodes.map((node) => ({ name: node.name, url: `http://${addressOf(node)}${BASE}` })),
      ...place.settings,
    };
    const file = join(place.dir, 'cobrowse-proxy.yaml');
    writeFileSync(file, stringify(config));
    return launchProxy(file, ports.admin);
  },
});

/** `template`: of its configuration, below `bench/peers/`. */
export const nginx = (template: string): Contender => ({
  name: 'nginx',
  missing: () => missingBinary('nginx'),
  prepare(place, ports) {
    const file = writeConfiguration(template, place, ports);
    // -e: the compiled-in error log is opened before the configuration is read and may not be writable.
    return { command: [findBinary('nginx') ?? 'nginx', '-p', place.dir, '-e', 'stderr', '-c', file] };
  },
});

export const haproxy = (template: string): Contender => ({
  name: 'haproxy',
  missing: () => missingBinary('haproxy'),
  prepare(place, ports) {
    return { command: [findBinary('haproxy') ?? 'haproxy', '-db', '-f', writeConfiguration(template, place, ports)] };
  },
});

const httpProxy: Contender = {
  name: 'http-proxy',
  missing: () => undefined,
  prepare: (site, ports) => ({
    command: nodeCommand('peers/http-proxy.js', JSON.stringify({ port: ports.traffic, nodes: site.nodes })),
  }),
};

const REFERENCE_CONTENDERS: readonly Contender[] = [nginx('nginx.conf'), haproxy('haproxy.cfg'), httpProxy];

/** One worker or thread each. */
export const CONTENDERS: readonly Contender[] = [cobrowseProxy(1), ...REFERENCE_CONTENDERS];

/** The contenders that every figure is compared with. */
export const REFERENCES: readonly string[] = REFERENCE_CONTENDERS.map(({ name }) => name);

function missingBinary(name: string): string | undefined {
  return findBinary(name) === undefined ? `no ${name} on the PATH` : undefined;
}

/** Fills `@PORT@`, `@DIR@` and `@<node name>@` in a template under `bench/peers/` and returns the written file. */
function writeConfiguration(template: string, site: Place, ports: Ports): string {
  const values = new Map([
    ['PORT', String(ports.traffic)],
    ['DIR', site.dir],
    ...site.nodes.map((node): [string, string] => [node.name, addressOf(node)]),
  ]);
  const text = readFileSync(join(ROOT, 'bench/peers', template), 'utf8').replace(/@(\w+)@/g, (_, key: string) => {
    const value = values.get(key);
    if (value === undefined) throw new Error(`bench/peers/${template}: nothing to put for @${key}@`);
    return value;
  });
  const file = join(site.dir, template);
  writeFileSync(file, text);
  return file;
}
