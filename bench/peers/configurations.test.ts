/** The peers take the configurations that the benchmarks write for them. Skipped where a peer is not installed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { NODE_NAMES } from '../backend-facts.ts';
import { caddy, haproxy, nginx } from '../contenders.ts';
import { makeCertificate } from '../harness/certificate.ts';
import { ScratchDir } from '../harness/scratch-dir.ts';
import { freePorts, type Place } from '../harness/site.ts';

const appended =
  (option: string) =>
  (command: readonly string[]): string[] => [...command, option];
const validated = (command: readonly string[]): string[] => command.map((word) => (word === 'run' ? 'validate' : word));

for (const [template, contender, check, wish] of [
  ['nginx.conf', nginx, appended('-t'), 'plain'],
  ['nginx.conf', nginx, appended('-t'), 'access log'],
  ['nginx.conf', nginx, appended('-t'), 'TLS'],
  ['failover-nginx.conf', nginx, appended('-t'), 'plain'],
  ['haproxy.cfg', haproxy, appended('-c'), 'plain'],
  ['haproxy.cfg', haproxy, appended('-c'), 'access log'],
  ['haproxy.cfg', haproxy, appended('-c'), 'TLS'],
  ['failover-haproxy.cfg', haproxy, appended('-c'), 'plain'],
  ['Caddyfile', caddy, validated, 'plain'],
  ['Caddyfile', caddy, validated, 'access log'],
  ['Caddyfile', caddy, validated, 'TLS'],
] as const) {
  const { missing, prepare } = contender(template);
  const skip = process.env.REQUIRE_SERVICES === '1' ? false : missing();
  test(`${template}, ${wish}`, { skip }, async (t) => {
    const dir = new ScratchDir();
    t.after(() => dir.close());
    const [traffic = 0, admin = 0, ...nodePorts] = await freePorts(2 + NODE_NAMES.length);
    const nodes = NODE_NAMES.map((name, index) => ({ name, port: nodePorts[index] ?? 0 }));
    const pinning = { proxy: undefined, load: undefined };
    const place: Place = {
      dir: dir.path,
      nodes,
      pinning,
      workers: 2,
      ...(wish === 'access log' && { accessLog: join(dir.path, 'log') }),
      ...(wish === 'TLS' && { certificate: makeCertificate(dir.path) }),
    };
    const [file = '', ...args] = check(prepare(place, { traffic, admin }).command);
    const { status, stderr } = spawnSync(file, args, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  });
}
