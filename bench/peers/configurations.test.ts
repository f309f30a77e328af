/** The peers take the configurations that the benchmarks write for them. Skipped where a peer is not installed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { NODE_NAMES } from '../backend-facts.ts';
import { caddy, haproxy, nginx } from '../contenders.ts';
import { ScratchDir } from '../harness/scratch-dir.ts';
import { freePorts, type Place } from '../harness/site.ts';

const appended =
  (option: string) =>
  (command: readonly string[]): string[] => [...command, option];
const validated = (command: readonly string[]): string[] => command.map((word) => (word === 'run' ? 'validate' : word));

for (const [template, contender, check, accessLog] of [
  ['nginx.conf', nginx, appended('-t'), false],
  ['nginx.conf', nginx, appended('-t'), true],
  ['failover-nginx.conf', nginx, appended('-t'), false],
  ['haproxy.cfg', haproxy, appended('-c'), false],
  ['haproxy.cfg', haproxy, appended('-c'), true],
  ['failover-haproxy.cfg', haproxy, appended('-c'), false],
  ['Caddyfile', caddy, validated, false],
  ['Caddyfile', caddy, validated, true],
] as const) {
  const { missing, prepare } = contender(template);
  const skip = process.env.REQUIRE_SERVICES === '1' ? false : missing();
  test(`${template}${accessLog ? ' with an access log' : ''}`, { skip }, async (t) => {
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
      ...(accessLog && { accessLog: join(dir.path, 'log') }),
    };
    const [file = '', ...args] = check(prepare(place, { traffic, admin }).command);
    const { status, stderr } = spawnSync(file, args, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  });
}
