/** Every contender, in the order in which the tables show them. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { BASE, COOKIE } from './backend-facts.ts';
import type { Contender, Ports } from './harness/contender.ts';
import { findBinary, nodeCommand, ROOT } from './harness/process.ts';
import { addressOf, type Place } from './harness/site.ts';

const CLI = join(ROOT, 'dist/proxy/cli.js');

const cobrowseProxy: Contender = {
  name: 'cobrowse-proxy',
  missing: () => (existsSync(CLI) ? undefined : 'dist/proxy/cli.js is not there: npm run build'),
  prepare(site, ports) {
    const config = {
      listeners: [{ host: '127.0.0.1', port: ports.traffic }],
      admin: { host: '127.0.0.1', port: ports.admin },
      workers: 1,
      base: BASE,
      affinity: { cookie: COOKIE },
      log: { access: false },
      nodes: site.nodes.map(({ name, port }) => ({ name, url: `http://127.0.0.1:${port}${BASE}` })),
    };
    const file = join(site.dir, 'cobrowse-proxy.yaml');
    writeFileSync(file, stringify(config));
    return {
      command: [process.execPath, CLI, 'start', '--config', file],
      readyUrl: `http://127.0.0.1:${ports.admin}/ready`,
    };
  },
};

const nginx: Contender = {
  name: 'nginx',
  missing: () => missingBinary('nginx'),
  prepare(site, ports) {
    const file = writeConfiguration('nginx.conf', site, ports);
    // -e: the compiled-in error log is opened before the configuration is read and may not be writable.
    return { command: [findBinary('nginx') ?? 'nginx', '-p', site.dir, '-e', 'stderr', '-c', file] };
  },
};

const haproxy: Contender = {
  name: 'haproxy',
  missing: () => missingBinary('haproxy'),
  prepare(site, ports) {
    return {
      command: [findBinary('haproxy') ?? 'haproxy', '-db', '-f', writeConfiguration('haproxy.cfg', site, ports)],
    };
  },
};

const httpProxy: Contender = {
  name: 'http-proxy',
  missing: () => undefined,
  prepare: (site, ports) => ({
    command: nodeCommand('peers/http-proxy.js', JSON.stringify({ port: ports.traffic, nodes: site.nodes })),
  }),
};

export const CONTENDERS: readonly Contender[] = [cobrowseProxy, nginx, haproxy, httpProxy];

/** The contenders that every figure is compared with. */
export const REFERENCES: readonly string[] = [nginx.name, haproxy.name, httpProxy.name];

export function missingBinary(name: string): string | undefined {
  return findBinary(name) === undefined ? `no ${name} on the PATH` : undefined;
}

/** Fills `@PORT@`, `@DIR@` and `@<node name>@` in a template under `bench/peers/` and returns the written file. */
export function writeConfiguration(template: string, site: Place, ports: Ports): string {
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
