/** Who takes part in the failover benchmark: this proxy with its defaults, and its peers configured for failover. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { BASE, COOKIE } from '../backend-facts.ts';
import { missingBinary, writeConfiguration } from '../contenders.ts';
import type { Contender } from '../harness/contender.ts';
import { findBinary, ROOT } from '../harness/process.ts';
import { addressOf } from '../harness/site.ts';

export const OURS = 'cobrowse-proxy';
const PROGRAM = join(ROOT, 'dist/proxy/cli.js');

/** Two `workers`, as the peers have: one may die. */
export function failoverContenders(workers = 2): Contender[] {
  return [ours(workers), nginx, haproxy];
}

export const CONTENDER_NAMES: readonly string[] = [OURS, 'nginx', 'haproxy'];

function ours(workers: number): Contender {
  return {
    name: OURS,
    missing: () => (existsSync(PROGRAM) ? undefined : `${PROGRAM} is not there: npm run build`),
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
      return {
        command: [process.execPath, PROGRAM, 'start', '--config', file],
        readyUrl: `http://127.0.0.1:${ports.admin}/ready`,
      };
    },
  };
}

const nginx: Contender = {
  name: 'nginx',
  missing: () => missingBinary('nginx'),
  prepare(place, ports) {
    const file = writeConfiguration('failover-nginx.conf', place, ports);
    return { command: [findBinary('nginx') ?? 'nginx', '-p', place.dir, '-e', 'stderr', '-c', file] };
  },
};

const haproxy: Contender = {
  name: 'haproxy',
  missing: () => missingBinary('haproxy'),
  prepare(place, ports) {
    const file = writeConfiguration('failover-haproxy.cfg', place, ports);
    return { command: [findBinary('haproxy') ?? 'haproxy', '-db', '-f', file] };
  },
};
